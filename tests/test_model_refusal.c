/* Model files that do not fit a network are refused and change nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/network.h"
#include "src/safetensors.h"

#include "model_file.h"
#include "model_networks.h"
#include "tensor_files.h"

Suite *model_refusal_suite(void);

enum { MAX_FILE = 65536 };

/* A hundred units behind twenty million: gigabytes. */
#define HUGE_LAYER(units) "{\\\"type\\\":\\\"fully_connected\\\",\\\"options\\\":{\\\"units\\\":" units "}},"
#define HUGE_NETWORK                                                                                              \
    "{\"__metadata__\":{\"hinge.layers\":\"[{\\\"type\\\":\\\"image_input\\\",\\\"options\\\":{\\\"height\\\":1," \
    "\\\"width\\\":1,\\\"normalization\\\":\\\"none\\\"}}," HUGE_LAYER("20000000")                                \
        HUGE_LAYER("100") "{\\\"type\\\":\\\"softmax\\\"},{\\\"type\\\":\\\"classification\\\"}]\"}}"

/* ---- weights that do not fit ---- */

static void check_weights_refused(const char *part)
{
    hg_network *network = model_small(MODEL_OTHER_SEED), *same = model_small(MODEL_OTHER_SEED);
    model_error.message[0] = '\0';
    model_file_check_message(hg_network_load_weights(network, model_path, &model_error), HG_BAD_FILE, part);
    model_check_same_values(network, same);
    ck_assert(!network->normalized);
    hg_network_destroy(network);
    hg_network_destroy(same);
}

static size_t drop_mean(hg_parameter *parameters, size_t count)
{
    return model_drop(parameters, count, "image_input_1.mean");
}

static size_t drop_bias(hg_parameter *parameters, size_t count)
{
    return model_drop(parameters, count, "fully_connected_1.bias");
}

static size_t turn_weight(hg_parameter *parameters, size_t count)
{
    parameters[model_find(parameters, "fully_connected_1.weight")].shape = (hg_tensor_shape){ 2, { 4, 2 } };
    return count;
}

static size_t flatten_mean(hg_parameter *parameters, size_t count)
{
    parameters[model_find(parameters, "image_input_1.mean")].shape = (hg_tensor_shape){ 1, { 4 } };
    return count;
}

static size_t add_tensor(hg_parameter *parameters, size_t count)
{
    parameters[count] = parameters[0];
    parameters[count].name = "fully_connected_2.bias";
    return count + 1;
}

static size_t drop_all(hg_parameter *parameters, size_t count)
{
    (void)parameters;
    return count - count;
}

static size_t keep_all(hg_parameter *parameters, size_t count)
{
    (void)parameters;
    return count;
}

START_TEST(weights_that_do_not_fit_change_nothing)
{
    model_write_edited(drop_bias);
    check_weights_refused("has no tensor \"fully_connected_1.bias\" [2]; its 3 tensors begin with");
    model_write_edited(drop_mean);
    check_weights_refused("has no tensor \"image_input_1.mean\" [1, 2, 2]");
    model_write_edited(drop_all);
    check_weights_refused("none at all");
    model_write_edited(turn_weight);
    check_weights_refused("\"fully_connected_1.weight\" has the shape [4, 2]; the network wants [2, 4]");
    model_write_edited(flatten_mean);
    check_weights_refused("\"image_input_1.mean\" has the shape [4]; the network wants [1, 2, 2]");
    model_write_edited(add_tensor);
    check_weights_refused("\"fully_connected_2.bias\" is no parameter of the network");
}
END_TEST

/* In the network's last tensor, the bias, which is the file's first. */
START_TEST(a_nan_changes_nothing)
{
    static char bytes[MAX_FILE];
    safetensors opened;
    model_write_edited(keep_all);
    ck_assert_int_eq(safetensors_open(&opened, model_path, &model_error), HG_OK);
    const size_t place = (size_t)(opened.data_begin + safetensors_find(&opened, "fully_connected_1.bias")->begin);
    safetensors_close(&opened);
    const size_t size = scratch_read(model_path, bytes, MAX_FILE);
    memset(bytes + place + sizeof(hg_real), 0xff, sizeof(hg_real));
    FILE *file = fopen(model_path, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
    check_weights_refused("\"fully_connected_1.bias\": element 1 is -nan");
}
END_TEST

START_TEST(a_network_that_cannot_be_saved_leaves_the_older_file)
{
    static char bytes[MAX_FILE], second_bytes[MAX_FILE];
    hg_network *network = model_small(MODEL_SEED);
    ck_assert_int_eq(hg_network_save(network, model_path, &model_error), HG_OK);
    const size_t size = scratch_read(model_path, bytes, MAX_FILE);
    hg_parameter weight;
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &weight));
    weight.values[1] = (hg_real)INFINITY;
    model_file_check_message(hg_network_save(network, model_path, &model_error), HG_NOT_FINITE,
                             "element 1 of fully_connected_1.weight is inf");
    ck_assert_uint_eq(scratch_read(model_path, second_bytes, MAX_FILE), size);
    ck_assert_mem_eq(bytes, second_bytes, size);
    hg_network_destroy(network);
}
END_TEST

/* ---- files that describe no network ---- */

START_TEST(a_file_without_an_architecture_is_rejected)
{
    model_write_edited(keep_all);
    ck_assert_ptr_null(hg_network_load(model_path, &model_error));
    model_file_check_message(model_error.status, HG_BAD_FILE, "hg_network_load_weights");
    unlink(model_path);
    ck_assert_ptr_null(hg_network_load(model_path, &model_error));
    model_file_check_message(model_error.status, HG_IO, "No such file");
    ck_assert_ptr_null(hg_network_load(model_path, NULL));
}
END_TEST

static size_t largest_allocation;

static void *watching_allocate(size_t size, void *context)
{
    (void)context;
    if (size > largest_allocation)
        largest_allocation = size;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void free_memory(void *memory, void *context)
{
    (void)context;
    free(memory);
}

START_TEST(a_small_file_makes_no_large_network)
{
    static const hg_allocator watching = { watching_allocate, free_memory, NULL };
    tensor_file_write_parts(strlen(HUGE_NETWORK), HUGE_NETWORK, NULL, 0);
    hg_set_allocator(&watching);
    ck_assert_ptr_null(hg_network_load(model_path, &model_error));
    hg_set_allocator(NULL);
    model_file_check_message(model_error.status, HG_BAD_FILE,
                             "its layers have 2040000100 parameters, far more than its tensors hold");
    ck_assert_uint_lt(largest_allocation, 1 << 20);
}
END_TEST

Suite *model_refusal_suite(void)
{
    Suite *suite = suite_create("model_refusal");
    TCase *tests = tcase_create("model_refusal");
    model_file_add(tests);
    tcase_add_test(tests, weights_that_do_not_fit_change_nothing);
    tcase_add_test(tests, a_nan_changes_nothing);
    tcase_add_test(tests, a_network_that_cannot_be_saved_leaves_the_older_file);
    tcase_add_test(tests, a_file_without_an_architecture_is_rejected);
    tcase_add_test(tests, a_small_file_makes_no_large_network);
    suite_add_tcase(suite, tests);
    return suite;
}
