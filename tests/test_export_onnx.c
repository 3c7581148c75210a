/* Networks as ONNX files: what is in them, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "export_networks.h"
#include "model_file.h"
#include "model_networks.h"
#include "samples.h"

Suite *export_onnx_suite(void);

static char target[SCRATCH_PATH_LENGTH];

static void set_up(void)
{
    scratch_path(target, "net.onnx");
}

static void tear_down(void)
{
    unlink(target);
}

static void check_refused(hg_network *network, hg_status status, const char *part)
{
    static char text[SCRATCH_PATH_LENGTH];
    scratch_write(target, "older", strlen("older"));
    ck_assert_int_eq(hg_export_onnx(network, target, &model_error), status);
    ck_assert_msg(strstr(model_error.message, part) != NULL, "no \"%s\" in: %s", part, model_error.message);
    ck_assert_msg(strstr(model_error.message, "net.onnx") != NULL, "no file in: %s", model_error.message);
    text[scratch_read(target, text, sizeof text)] = '\0';
    ck_assert_str_eq(text, "older");
}

#ifdef HINGE_ONNX
#include "onnx.pb-c.h"

enum { FILE_SIZE = 1 << 20, SLOWEST_TEST = 240 };

static void export(hg_network *network)
{
    ck_assert_msg(hg_export_onnx(network, target, &model_error) == HG_OK, "%s", model_error.message);
}

/* ---- what is in a file ---- */

static HingeOnnx__ModelProto *read_model(void)
{
    static uint8_t bytes[FILE_SIZE];
    HingeOnnx__ModelProto *model =
        hinge_onnx__model_proto__unpack(NULL, scratch_read(target, bytes, sizeof bytes), bytes);
    ck_assert_ptr_nonnull(model);
    return model;
}

static void check_value(const HingeOnnx__ValueInfoProto *value, const char *name, const int64_t *sizes, size_t count)
{
    const HingeOnnx__TensorShapeProto *shape = value->type->tensor_type->shape;
    ck_assert_str_eq(value->name, name);
    ck_assert_uint_eq(shape->n_dim, count + 1);
    ck_assert_int_eq(shape->dim[0]->value_case, HINGE_ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(shape->dim[i + 1]->dim_value, sizes[i]);
}

START_TEST(the_model_says_what_it_is)
{
    hg_network *network = model_small(MODEL_SEED);
    ck_assert_int_eq(hg_network_set_note(network, "classes", "ja\nnein \xC3\xBC", NULL), HG_OK);
    export(network);
    HingeOnnx__ModelProto *model = read_model();
    ck_assert_int_eq(model->ir_version, 7);
    ck_assert_uint_eq(model->n_opset_import, 1);
    ck_assert_int_eq(model->opset_import[0]->version, HG_ONNX_OPSET);
    ck_assert_str_eq(model->producer_name, "hinge");
    ck_assert_str_eq(model->producer_version, HG_VERSION);
    ck_assert_uint_eq(model->n_metadata_props, 1);
    ck_assert_str_eq(model->metadata_props[0]->key, "classes");
    ck_assert_str_eq(model->metadata_props[0]->value, "ja\nnein \xC3\xBC");
    ck_assert_uint_eq(model->graph->n_input, 1);
    ck_assert_uint_eq(model->graph->n_output, 1);
    check_value(model->graph->input[0], "image", (const int64_t[]){ 1, 2, 2 }, 3);
    check_value(model->graph->output[0], "probability", (const int64_t[]){ 2 }, 1);
    hinge_onnx__model_proto__free_unpacked(model, NULL);
    hg_network_destroy(network);
}
END_TEST

START_TEST(the_graph_has_the_layers_in_order)
{
    static const char *const operators[] = { "Sub", "Conv", "PRelu", "MaxPool", "Flatten", "Gemm", "Softmax" };
    static const char *const names[] = { "image_input_1",     "conv2d_1",          "threshold_relu_1", "max_pool2d_1",
                                         "max_pool2d_1.flat", "fully_connected_1", "softmax_1" };
    hg_network *network = export_network(2);
    export(network);
    HingeOnnx__ModelProto *model = read_model();
    ck_assert_uint_eq(model->graph->n_node, HG_COUNT(operators));
    for (size_t i = 0; i < HG_COUNT(operators); i++) {
        ck_assert_str_eq(model->graph->node[i]->op_type, operators[i]);
        ck_assert_str_eq(model->graph->node[i]->name, names[i]);
    }
    hinge_onnx__model_proto__free_unpacked(model, NULL);
    hg_network_destroy(network);
}
END_TEST

START_TEST(weights_keep_their_names_and_bits)
{
    hg_network *network = export_network(2);
    export(network);
    HingeOnnx__ModelProto *model = read_model();
    ck_assert_uint_eq(model->graph->n_initializer, hg_network_parameter_count(network));
    for (size_t i = 0; i < model->graph->n_initializer; i++) {
        const HingeOnnx__TensorProto *tensor = model->graph->initializer[i];
        size_t k = 0;
        while (strcmp(hg_network_parameter(network, k).name, tensor->name) != 0)
            ck_assert_uint_lt(++k, hg_network_parameter_count(network));
        const hg_parameter parameter = hg_network_parameter(network, k);
        ck_assert_uint_eq(tensor->raw_data.len, parameter.count * sizeof(float));
        ck_assert_mem_eq(tensor->raw_data.data, parameter.values, tensor->raw_data.len);
    }
    hinge_onnx__model_proto__free_unpacked(model, NULL);
    hg_network_destroy(network);
}
END_TEST

/* ---- refusals ---- */

START_TEST(a_weight_that_is_no_number_is_refused)
{
    hg_network *network = model_small(MODEL_SEED);
    hg_network_parameter(network, 2).values[1] = NAN;
    check_refused(network, HG_NOT_FINITE, "element 1 of fully_connected_1.weight is nan");
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_layer_of_ones_own_is_refused)
{
    hg_layer_type own = hg_relu_type;
    own.name = "square";
    const hg_relu_options options = { .size = sizeof options };
    const hg_layer layers[] = { hg_image_input(2, 2), { &own, &options }, hg_softmax(), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &model_error);
    check_refused(network, HG_BAD_NETWORK, "layer 2 (square_1): layers of type square");
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_name_that_is_no_text_is_refused)
{
    const hg_layer layers[] = { hg_image_input(2, 2), hg_softmax(.name = "soft\xFFmax"), hg_classification() };
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &model_error);
    check_refused(network, HG_BAD_NETWORK, "layer 2: its name is not UTF-8 at byte 4");
    hg_network_destroy(network);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_named)
{
    hg_network *network = model_small(MODEL_SEED);
    ck_assert_int_eq(hg_export_onnx(network, "/nowhere/net.onnx", &model_error), HG_IO);
    ck_assert_ptr_nonnull(strstr(model_error.message, "/nowhere/net.onnx"));
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
        status = hg_export_onnx(network, target, &model_error);
        failing_allocator_allow(-1);
        ck_assert_msg(!status || status == HG_NO_MEMORY, "%s", model_error.message);
        ck_assert_int_eq(failing_allocator_outstanding(), before);
    }
    hg_network_destroy(network);
    failing_allocator_remove();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_test(tests, the_model_says_what_it_is);
    tcase_add_test(tests, the_graph_has_the_layers_in_order);
    tcase_add_test(tests, weights_keep_their_names_and_bits);
    tcase_add_test(tests, a_weight_that_is_no_number_is_refused);
    tcase_add_test(tests, a_layer_of_ones_own_is_refused);
    tcase_add_test(tests, a_name_that_is_no_text_is_refused);
    tcase_add_test(tests, a_folder_that_is_not_there_is_named);
    tcase_add_test(tests, a_lack_of_memory_is_an_error_and_no_leak);
}

#else

START_TEST(without_the_packages_they_are_named)
{
    hg_network *network = model_small(MODEL_SEED);
    check_refused(network, HG_UNSUPPORTED,
                  "apt-get install protobuf-c-compiler libprotobuf-c-dev libonnx-dev, and build again");
    hg_network_destroy(network);
}
END_TEST

static void add_tests(TCase *tests)
{
    puts("export_onnx: SKIPPED: built without protobuf-c-compiler, libprotobuf-c-dev and libonnx-dev");
    tcase_add_test(tests, without_the_packages_they_are_named);
}

#endif

Suite *export_onnx_suite(void)
{
    Suite *suite = suite_create("export_onnx");
    TCase *tests = tcase_create("export_onnx");
    scratch_add(tests);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    add_tests(tests);
    suite_add_tcase(suite, tests);
    return suite;
}
