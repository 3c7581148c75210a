/* Networks to be saved and loaded, and whether two of them are the same. */
#include <math.h>
#include <string.h>

#include "src/safetensors.h"

#include "model_file.h"
#include "model_networks.h"

enum { MAX_TENSORS = 64 };

static hg_network *make(const hg_layer *layers, size_t count, uint64_t seed)
{
    hg_network *network = hg_network_create(layers, count, &model_error);
    ck_assert_msg(network != NULL, "%s", model_error.message);
    hg_network_initialize(network, seed);
    /* statistics like no other's */
    hg_random random = hg_random_stream(seed, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter tensor = hg_network_parameter(network, i);
        for (size_t k = 0; k < tensor.count; k++)
            tensor.values[k] += (hg_real)(hg_random_uniform(&random) / 8);
    }
    return network;
}

hg_network *model_large(uint64_t seed)
{
    const hg_layer layers[] = {
        hg_image_input(9, 8, 2, .normalization = HG_ZSCORE, .name = "the \"pixels\""),
        hg_conv2d(3, 4, .same = true, .start = HG_HE),
        hg_threshold_relu(HG_CEILING, 0.7, .lower = 1 / 3.0, .upper = INFINITY, .rate_factor = 0.3),
        hg_conv2d(3, 4, .padding = 1, .start = HG_CONSTANT, .start_value = 1e-3, .inputs = { "the \"pixels\"" }),
        hg_threshold_relu(HG_FLOOR, .shared = true, .unbounded = true, .decay_factor = 0.7),
        hg_add(.name = "sum", .inputs = { "threshold_relu_1", "threshold_relu_2" }),
        hg_conv2d(1, 3, .stride = 2, .filter_width = 4, .no_bias = true, .inputs = { "the \"pixels\"" }),
        hg_leaky_relu(0.2),
        hg_batch_normalization(1e-3, .momentum = 0.2, .inputs = { "sum" }),
        hg_batch_normalization(.no_affine = true),
        hg_max_pool2d(3, .stride = 2, .padding = 1),
        hg_threshold_relu(HG_SHIFT),
        hg_conv2d(2, 2, .filter_height = 1),
        hg_local_response_normalization(3, 2e-4, 0.7, 1.5),
        hg_average_pool2d(2, .stride = 1, .padding = 1, .exclude_padding = true),
        hg_average_pool2d(2, .stride = 1),
        hg_threshold_relu(HG_GATE, .gate_width = 0.05),
        hg_concat(.inputs = { "leaky_relu_1", "threshold_relu_4" }),
        hg_relu_softsign(0.6, .learn_slope = true, .rate_factor = 0.5, .decay_factor = 0.2),
        hg_dropout(0.3),
        hg_conv2d(1, 5),
        hg_global_average_pool2d(),
        hg_fully_connected(6, .start = HG_HE),
        hg_relu(),
        hg_elu(0.4),
        hg_noisy_relu(0.2),
        hg_gelu(.approximate = true),
        hg_fully_connected(3, .no_bias = true),
        hg_threshold_relu(),
        hg_softmax(),
        hg_classification(),
    };
    return make(layers, HG_COUNT(layers), seed);
}

hg_network *model_small(uint64_t seed)
{
    const hg_layer layers[] = {
        hg_image_input(2, 2, .normalization = HG_ZSCORE),
        hg_fully_connected(2),
        hg_softmax(),
        hg_classification(),
    };
    return make(layers, HG_COUNT(layers), seed);
}

void model_check_same_values(hg_network *a, hg_network *b)
{
    ck_assert_uint_eq(hg_network_parameter_count(a), hg_network_parameter_count(b));
    for (size_t i = 0; i < hg_network_parameter_count(a); i++) {
        const hg_parameter left = hg_network_parameter(a, i), right = hg_network_parameter(b, i);
        ck_assert_str_eq(left.name, right.name);
        ck_assert_uint_eq(left.count, right.count);
        ck_assert_msg(memcmp(left.values, right.values, left.count * sizeof(hg_real)) == 0, "%s", left.name);
    }
}

static void check_same_option(const hg_layer_info *a, const hg_layer_info *b, const hg_option *option)
{
    const size_t size = option->kind == HG_OPTION_REAL   ? sizeof(double)
                        : option->kind == HG_OPTION_BOOL ? sizeof(bool)
                                                         : sizeof(int);
    ck_assert_msg(memcmp((const char *)a->options + option->offset, (const char *)b->options + option->offset, size) ==
                      0,
                  "%s: %s", a->name, option->name);
}

void model_check_same_layers(const hg_network *a, const hg_network *b)
{
    ck_assert_uint_eq(hg_network_layer_count(a), hg_network_layer_count(b));
    for (size_t i = 0; i < hg_network_layer_count(a); i++) {
        const hg_layer_info left = hg_network_layer(a, i), right = hg_network_layer(b, i);
        ck_assert_ptr_eq(left.type, right.type);
        ck_assert_str_eq(left.name, right.name);
        for (size_t k = 0; k < left.type->option_count; k++)
            check_same_option(&left, &right, &left.type->options[k]);
        const char *left_inputs[HG_MAX_INPUTS], *right_inputs[HG_MAX_INPUTS];
        memcpy(left_inputs, (const char *)left.options + left.type->inputs_offset, sizeof left_inputs);
        memcpy(right_inputs, (const char *)right.options + right.type->inputs_offset, sizeof right_inputs);
        for (size_t k = 0; k < HG_MAX_INPUTS; k++)
            ck_assert_pstr_eq(left_inputs[k], right_inputs[k]);
    }
}

void model_write_edited(size_t (*edit)(hg_parameter *parameters, size_t count))
{
    hg_network *network = model_small(MODEL_SEED);
    hg_parameter parameters[MAX_TENSORS];
    const size_t count = hg_network_parameter_count(network);
    for (size_t i = 0; i < count; i++)
        parameters[i] = hg_network_parameter(network, i);
    const hg_status status = safetensors_write(model_path, parameters, edit(parameters, count), NULL, 0, &model_error);
    ck_assert_msg(status == HG_OK, "%s", model_error.message);
    hg_network_destroy(network);
}

size_t model_find(const hg_parameter *parameters, const char *name)
{
    size_t index = 0;
    while (strcmp(parameters[index].name, name) != 0)
        index++;
    return index;
}

size_t model_drop(hg_parameter *parameters, size_t count, const char *name)
{
    parameters[model_find(parameters, name)] = parameters[count - 1];
    return count - 1;
}
