/* What other tools compute with networks that became ONNX files; tests/onnx_compare.py runs them. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "export_networks.h"
#include "model_file.h"

Suite *export_onnx_tools_suite(void);

#ifdef HINGE_ONNX

enum { SLOWEST_TEST = 240, MOST_CLASSES = 16, OWN_NETWORKS = 3, ENDING_LENGTH = 16, PYTHON_MISSING = 77 };

/* Where one shape becomes the other, and slopes above 1; hardly a layer; smooth activations side by side. */
static hg_network *own_network(int index)
{
    const hg_layer turns[] = {
        hg_image_input(3, 4, 2, .normalization = HG_NO_NORMALIZATION, .name = "image"),
        hg_softmax(),
        hg_threshold_relu(.threshold = 1.5, .unbounded = true),
        hg_conv2d(2, 5),
        hg_fully_connected(6),
        hg_threshold_relu(.threshold = 2, .unbounded = true, .shared = true),
        hg_conv2d(1, 4, .name = "probability"),
        hg_fully_connected(4, .inputs = { "threshold_relu_2" }),
        hg_add(.inputs = { "probability", "fully_connected_2" }),
        hg_concat(.inputs = { "fully_connected_2", "add_1", "fully_connected_2" }),
        hg_local_response_normalization(4, 0.3, 0.6, 2),
        hg_fully_connected(3),
        hg_local_response_normalization(1),
        hg_classification(),
    };
    const hg_layer bare[] = { hg_image_input(1, 1, 3, .normalization = HG_NO_NORMALIZATION), hg_classification() };
    const hg_layer curves[] = {
        hg_image_input(3, 4, 2, .normalization = HG_NO_NORMALIZATION),
        hg_conv2d(2, 6, .start = HG_HE, .name = "x"),
        hg_elu(0.4),
        hg_gelu(.inputs = { "x" }),
        hg_gelu(.approximate = true, .inputs = { "x" }),
        hg_tanh(.inputs = { "x" }),
        hg_sigmoid(.inputs = { "x" }),
        hg_softsign(.inputs = { "x" }),
        hg_concat(.inputs = { "elu_1", "gelu_1", "gelu_2", "tanh_1", "sigmoid_1", "softsign_1" }),
        hg_fully_connected(8, .start = HG_HE),
        hg_classification(),
    };
    const struct {
        const hg_layer *layers;
        size_t count;
    } rows[OWN_NETWORKS] = { { turns, HG_COUNT(turns) }, { bare, HG_COUNT(bare) }, { curves, HG_COUNT(curves) } };
    hg_network *network = hg_network_create(rows[index].layers, rows[index].count, &model_error);
    ck_assert_msg(network != NULL, "%s", model_error.message);
    return network;
}

static const char *case_name(int index)
{
    static const char *const own[OWN_NETWORKS] = { "turns", "bare", "curves" };
    return index < EXPORT_NETWORKS ? export_network_name(index) : own[index - EXPORT_NETWORKS];
}

static const char *const endings[] = { "onnx", "images", "probabilities" };

static void write_floats(const char *prefix, const char *ending, const float *values, size_t count)
{
    char path[SCRATCH_PATH_LENGTH + ENDING_LENGTH];
    snprintf(path, sizeof path, "%s.%s", prefix, ending);
    scratch_write(path, values, count * sizeof *values);
}

/* PREFIX.onnx, and what hinge makes of some images. */
static void write_case(hg_network *network, const char *prefix)
{
    static float expected[EXPORT_IMAGES * MOST_CLASSES];
    char path[SCRATCH_PATH_LENGTH + ENDING_LENGTH];
    const hg_shape shape = hg_network_input_shape(network);
    const size_t pixels = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    float *images = export_images(network);
    ck_assert_int_eq(hg_network_predict(network, images, EXPORT_IMAGES, expected, NULL), HG_OK);
    snprintf(path, sizeof path, "%s.onnx", prefix);
    ck_assert_msg(hg_export_onnx(network, path, &model_error) == HG_OK, "%s", model_error.message);
    write_floats(prefix, "images", images, EXPORT_IMAGES * pixels);
    write_floats(prefix, "probabilities", expected, EXPORT_IMAGES * (size_t)hg_network_classes(network));
    free(images);
    hg_network_destroy(network);
}

START_TEST(other_tools_compute_what_the_network_does)
{
    enum { CASES = EXPORT_NETWORKS + OWN_NETWORKS, NAME_LENGTH = 32 };
    static char command[CASES * SCRATCH_PATH_LENGTH];
    char prefix[SCRATCH_PATH_LENGTH], name[NAME_LENGTH];
    size_t length = (size_t)snprintf(command, sizeof command, "%s tests/onnx_compare.py",
                                     access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3");
    for (int i = 0; i < CASES; i++) {
        scratch_path(prefix, case_name(i));
        write_case(i < EXPORT_NETWORKS ? export_network(i) : own_network(i - EXPORT_NETWORKS), prefix);
        length += (size_t)snprintf(command + length, sizeof command - length, " '%s'", prefix);
    }
    fflush(stdout);
    const int code = system(command);
    for (int i = 0; i < CASES; i++)
        for (size_t k = 0; k < HG_COUNT(endings); k++) {
            snprintf(name, sizeof name, "%s.%s", case_name(i), endings[k]);
            scratch_path(prefix, name);
            unlink(prefix);
        }
    if (WIFEXITED(code) && WEXITSTATUS(code) == PYTHON_MISSING)
        return;
    ck_assert_int_eq(code, 0);
}
END_TEST
#endif

Suite *export_onnx_tools_suite(void)
{
    Suite *suite = suite_create("export_onnx_tools");
    TCase *tests = tcase_create("export_onnx_tools");
    suite_add_tcase(suite, tests);
#ifdef HINGE_ONNX
    scratch_add(tests);
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_test(tests, other_tools_compute_what_the_network_does);
#endif
    return suite;
}
