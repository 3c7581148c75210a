/* Writes a saved network for other tools. */
#include "mnist_export.h"
#include "mnist_text.h"

static hg_status write_c(const hg_network *network, const mnist_options *options, hg_error *error)
{
    char weights[MNIST_NUMBER_LENGTH], memory[MNIST_NUMBER_LENGTH];
    hg_export_c_report report;
    const hg_status status = hg_export_c(
        network, options->c, &(hg_export_c_options){ .name = options->name, .int8 = options->int8 }, &report, error);
    if (status == HG_OK)
        mnist_text_line(stdout,
                        "%s: void %s(const float *image, float *probability); %s bytes of constants, %s of "
                        "static variables",
                        options->c, options->name, mnist_text_count(weights, (double)report.weight_bytes),
                        mnist_text_count(memory, (double)report.memory_bytes));
    return status;
}

hg_status mnist_export(const mnist_options *options, hg_error *error)
{
    hg_network *network = hg_network_load(options->model, error);
    if (!network)
        return HG_BAD_FILE;
    const hg_status status = write_c(network, options, error);
    hg_network_destroy(network);
    return status;
}
