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

static hg_status write_onnx(const hg_network *network, const mnist_options *options, hg_error *error)
{
    const hg_shape shape = hg_network_input_shape(network);
    const hg_status status = hg_export_onnx(network, options->onnx, error);
    if (status == HG_OK)
        mnist_text_line(stdout, "%s: ONNX, opset %d; image [N, %d, %d, %d] to probability [N, %d]", options->onnx,
                        HG_ONNX_OPSET, shape.channels, shape.height, shape.width, hg_network_classes(network));
    return status;
}

hg_status mnist_export(const mnist_options *options, hg_error *error)
{
    hg_network *network = hg_network_load(options->model, error);
    if (!network)
        return HG_BAD_FILE;
    hg_status status = options->c ? write_c(network, options, error) : HG_OK;
    if (status == HG_OK && options->onnx)
        status = write_onnx(network, options, error);
    hg_network_destroy(network);
    return status;
}
