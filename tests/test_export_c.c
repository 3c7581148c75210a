/* Networks as C: what they compute, compiled, and what is refused. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "export_networks.h"
#include "model_file.h"
#include "model_networks.h"
#include "samples.h"

Suite *export_c_suite(void);

enum {
    FLAGS_LENGTH = 256,
    COMMAND_LENGTH = 4 * SCRATCH_PATH_LENGTH,
    MOST_CLASSES = 16,
    TEXT_SIZE = 1 << 16,
    SLOWEST_TEST = 240
};
static const char strict[] = "-std=c99 -O2 -Wall -Wextra -Werror -pedantic";
static const double TOLERANCE = 1e-5;

typedef void predict_function(const float *image, float *probability);

static char source[SCRATCH_PATH_LENGTH], object[SCRATCH_PATH_LENGTH];

static void set_up(void)
{
    scratch_path(source, "net.c");
    scratch_path(object, "net.so");
}

static void tear_down(void)
{
    unlink(source);
    unlink(object);
}

static void compile(const char *compiler, const char *flags)
{
    char command[COMMAND_LENGTH];
    snprintf(command, sizeof command, "%s %s '%s' -o '%s'", compiler, flags, source, object);
    ck_assert_msg(system(command) == 0, "%s", command);
}

static void check_same(hg_network *network, predict_function *predict, const char *name)
{
    const hg_shape shape = hg_network_input_shape(network);
    const size_t pixels = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    const size_t classes = (size_t)hg_network_classes(network);
    float *images = export_images(network), expected[MOST_CLASSES], got[MOST_CLASSES];
    for (size_t i = 0; i < EXPORT_IMAGES; i++) {
        ck_assert_int_eq(hg_network_predict(network, images + i * pixels, 1, expected, NULL), HG_OK);
        predict(images + i * pixels, got);
        for (size_t k = 0; k < classes; k++)
            ck_assert_msg(fabs((double)got[k] - (double)expected[k]) <= TOLERANCE,
                          "%s: image %zu, class %zu: %g, not %g", name, i, k, (double)got[k], (double)expected[k]);
    }
    free(images);
}

static const char *compiler(void)
{
    return getenv("CC") ? getenv("CC") : "cc";
}

/* The parameters that .int8 makes bytes. */
static bool becomes_bytes(const hg_parameter *parameter)
{
    return (strncmp(parameter->name, "conv2d", strlen("conv2d")) == 0 ||
            strncmp(parameter->name, "fully_connected", strlen("fully_connected")) == 0) &&
           strstr(parameter->name, ".weight");
}

/* Every weight as near to itself as 255 steps from its filter's largest one to its negative allow. */
static void round_weights(hg_network *network)
{
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter weight = hg_network_parameter(network, i);
        const size_t count = weight.count / weight.shape.size[0];
        for (size_t first = 0; first < weight.count && becomes_bytes(&weight); first += count) {
            double most = 0;
            for (size_t k = first; k < first + count; k++)
                most = fmax(most, fabs((double)weight.values[k]));
            for (size_t k = first; k < first + count && most > 0; k++)
                weight.values[k] = (hg_real)(round((double)weight.values[k] / most * 127) * most / 127);
        }
    }
}

/* Each network as floats, then each as bytes. */
START_TEST(the_c_computes_what_the_network_does)
{
    char flags[FLAGS_LENGTH];
    const bool int8 = _i >= EXPORT_NETWORKS;
    hg_network *network = export_network(_i % EXPORT_NETWORKS);
    ck_assert_msg(hg_export_c(network, source, &(hg_export_c_options){ .name = "answer", .int8 = int8 }, NULL,
                              &model_error) == HG_OK,
                  "%s", model_error.message);
    if (int8)
        round_weights(network);
    snprintf(flags, sizeof flags, "%s -fPIC -shared -lm", strict);
    compile(compiler(), flags);
    void *library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(library != NULL, "%s", dlerror());
    predict_function *predict;
    *(void **)&predict = dlsym(library, "answer");
    ck_assert(predict != NULL);
    check_same(network, predict, export_network_name(_i % EXPORT_NETWORKS));
    dlclose(library);
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_microcontroller_takes_it)
{
    if (system("arm-none-eabi-gcc --version >/dev/null 2>&1") != 0) {
        puts("export_c: SKIPPED for Cortex-M: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi");
        return;
    }
    char flags[FLAGS_LENGTH];
    hg_network *network = export_network(_i % EXPORT_NETWORKS);
    ck_assert_int_eq(
        hg_export_c(network, source, &(hg_export_c_options){ .int8 = _i >= EXPORT_NETWORKS }, NULL, &model_error),
        HG_OK);
    snprintf(flags, sizeof flags, "%s -mcpu=cortex-m4 -c", strict);
    compile("arm-none-eabi-gcc", flags);
    hg_network_destroy(network);
}
END_TEST

START_TEST(the_report_counts)
{
    static char text[1 << 20];
    hg_network *network = export_network(0);
    hg_export_c_report report;
    ck_assert_int_eq(hg_export_c(network, source, NULL, &report, &model_error), HG_OK);
    size_t numbers = 0;
    for (size_t i = 0; i < hg_network_parameter_count(network); i++)
        numbers += hg_network_parameter(network, i).count;
    ck_assert_uint_eq(report.weight_bytes, numbers * sizeof(float));
    ck_assert_uint_eq(report.file_bytes, scratch_read(source, text, sizeof text));
    char said[64];
    snprintf(said, sizeof said, "Memory: %zu bytes", report.memory_bytes);
    ck_assert_ptr_nonnull(strstr(text, said));
    hg_network_destroy(network);
}
END_TEST

/* ---- weights as bytes ---- */

/* The numbers of an array in the text; how many they are. */
static size_t read_array(const char *text, const char *name, double *numbers, size_t most)
{
    const char *at = strstr(text, name);
    ck_assert_msg(at != NULL, "no %s", name);
    at = strchr(at, '{') + 1;
    size_t count = 0;
    for (char *end; *at != '}'; at = end + strspn(end, "f, \n")) {
        ck_assert_uint_lt(count, most);
        at += strspn(at, " \n");
        numbers[count++] = strtod(at, &end);
        ck_assert(end > at);
    }
    return count;
}

START_TEST(a_byte_is_off_by_half_a_scale_at_most)
{
    enum { MOST = 28800 };
    static char text[1 << 20];
    static double bytes[MOST], scales[MOST];
    hg_network *network = export_network(0);
    hg_parameter weight;
    const char *const layers[] = { "conv2d_1.weight", "fully_connected_1.weight" };
    const char *const arrays[][2] = { { "signed char predict_layer2_weight[500]", "float predict_layer2_scale[20]" },
                                      { "signed char predict_layer5_weight[28800]",
                                        "float predict_layer5_scale[10]" } };
    hg_network_find_parameter(network, layers[0], &weight);
    for (size_t k = 0; k < 25; k++) /* a filter of zeros */
        weight.values[k] = 0;
    hg_export_c_report report;
    ck_assert_int_eq(hg_export_c(network, source, &(hg_export_c_options){ .int8 = true }, &report, &model_error),
                     HG_OK);
    text[scratch_read(source, text, sizeof text)] = '\0';
    for (size_t i = 0; i < HG_COUNT(layers); i++) {
        ck_assert(hg_network_find_parameter(network, layers[i], &weight));
        const size_t filters = weight.shape.size[0], count = weight.count / filters;
        ck_assert_uint_eq(read_array(text, arrays[i][0], bytes, MOST), weight.count);
        ck_assert_uint_eq(read_array(text, arrays[i][1], scales, MOST), filters);
        for (size_t k = 0; k < weight.count; k++) {
            const double off = fabs((double)weight.values[k] - scales[k / count] * bytes[k]);
            ck_assert_msg(off <= 0.5000001 * scales[k / count] && fabs(bytes[k]) <= 127, "%s: number %zu is off by %g",
                          layers[i], k, off);
        }
    }
    ck_assert_uint_eq(report.weight_bytes, 784 * 4 + 500 + 20 * 4 + 20 * 4 + 28800 + 10 * 4 + 10 * 4);
    ck_assert_ptr_nonnull(strstr(text, "rounded to bytes"));
    hg_network_destroy(network);
}
END_TEST

/* ---- refusals ---- */

static void check_refused(hg_network *network, const char *name, hg_status status, const char *part)
{
    static char text[TEXT_SIZE];
    scratch_write(source, "older", strlen("older"));
    ck_assert_int_eq(hg_export_c(network, source, &(hg_export_c_options){ .name = name }, NULL, &model_error), status);
    ck_assert_msg(strstr(model_error.message, part) != NULL, "no \"%s\" in: %s", part, model_error.message);
    ck_assert_msg(strstr(model_error.message, "net.c") != NULL, "no file in: %s", model_error.message);
    text[scratch_read(source, text, sizeof text)] = '\0';
    ck_assert_str_eq(text, "older");
}

static const char *const bad_names[] = { "", "2net", "a b", "a-b", "int", "expf", "_x", "\xC3\xA9", "a\n" };

START_TEST(a_name_that_c_does_not_take_is_refused)
{
    hg_network *network = model_small(MODEL_SEED);
    for (size_t i = 0; i < HG_COUNT(bad_names); i++)
        check_refused(network, bad_names[i], HG_BAD_ARGUMENT, "name \"");
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_weight_that_is_no_number_is_refused)
{
    hg_network *network = model_small(MODEL_SEED);
    hg_network_parameter(network, 2).values[1] = NAN;
    check_refused(network, NULL, HG_NOT_FINITE, "element 1 of fully_connected_1.weight is nan");
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_layer_of_ones_own_is_refused)
{
    hg_layer_type own = hg_relu_type; /* not even one of the same name is the library's */
    const hg_relu_options options = { .size = sizeof options };
    for (int i = 0; i < 2; i++) {
        own.name = i ? "relu" : "square";
        const hg_layer layers[] = { hg_image_input(2, 2), { &own, &options }, hg_softmax(), hg_classification() };
        hg_network *network = hg_network_create(layers, HG_COUNT(layers), &model_error);
        ck_assert_ptr_nonnull(network);
        check_refused(network, NULL, HG_BAD_NETWORK,
                      i ? "layer 2 (relu_1)" : "layer 2 (square_1): layers of type square");
        hg_network_destroy(network);
    }
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    hg_network *network = model_small(MODEL_SEED);
    ck_assert_int_eq(hg_export_c(network, "/nowhere/net.c", NULL, NULL, &model_error), HG_IO);
    ck_assert_ptr_nonnull(strstr(model_error.message, "/nowhere/net.c"));
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_lack_of_memory_is_an_error_and_no_leak)
{
    failing_allocator_install();
    hg_network *network = export_network(10);
    const long before = failing_allocator_outstanding();
    hg_status status = HG_NO_MEMORY;
    for (long n = 0; status; n++) {
        failing_allocator_allow(n);
        status = hg_export_c(network, source, NULL, NULL, &model_error);
        failing_allocator_allow(-1);
        ck_assert_msg(!status || status == HG_NO_MEMORY, "%s", model_error.message);
        ck_assert_int_eq(failing_allocator_outstanding(), before);
    }
    hg_network_destroy(network);
    failing_allocator_remove();
}
END_TEST

Suite *export_c_suite(void)
{
    Suite *suite = suite_create("export_c");
    TCase *tests = tcase_create("export_c");
    scratch_add(tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_loop_test(tests, the_c_computes_what_the_network_does, 0, 2 * EXPORT_NETWORKS);
    tcase_add_loop_test(tests, a_microcontroller_takes_it, 9, EXPORT_NETWORKS + 1);
    tcase_add_test(tests, the_report_counts);
    tcase_add_test(tests, a_byte_is_off_by_half_a_scale_at_most);
    tcase_add_test(tests, a_name_that_c_does_not_take_is_refused);
    tcase_add_test(tests, a_weight_that_is_no_number_is_refused);
    tcase_add_test(tests, a_layer_of_ones_own_is_refused);
    tcase_add_test(tests, a_folder_that_is_not_there_is_named);
    tcase_add_test(tests, a_lack_of_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
