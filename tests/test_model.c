/* Model files: a network saved and loaded is the same network. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/network.h"
#include "src/safetensors.h"

#include "model_file.h"
#include "model_networks.h"

Suite *model_suite(void);

enum { MAX_FILE = 65536 };

START_TEST(a_loaded_network_is_the_saved_one)
{
    static char bytes[MAX_FILE], second_bytes[MAX_FILE];
    char second_path[SCRATCH_PATH_LENGTH];
    scratch_path(second_path, "second");
    hg_network *network = model_large(MODEL_SEED);
    ck_assert_msg(hg_network_save(network, model_path, &model_error) == HG_OK, "%s", model_error.message);
    hg_network *loaded = hg_network_load(model_path, &model_error);
    ck_assert_msg(loaded != NULL, "%s", model_error.message);
    ck_assert(loaded->normalized);
    model_check_same_layers(network, loaded);
    model_check_same_values(network, loaded);
    ck_assert_int_eq(hg_network_save(loaded, second_path, &model_error), HG_OK);
    const size_t size = scratch_read(model_path, bytes, MAX_FILE);
    ck_assert_uint_eq(size, scratch_read(second_path, second_bytes, MAX_FILE));
    ck_assert_mem_eq(bytes, second_bytes, size);
    unlink(second_path);
    hg_network_destroy(network);
    hg_network_destroy(loaded);
}
END_TEST

START_TEST(the_metadata_is_as_documented)
{
    hg_network *network = model_small(MODEL_SEED);
    safetensors file;
    ck_assert_int_eq(hg_network_save(network, model_path, &model_error), HG_OK);
    ck_assert_int_eq(safetensors_open(&file, model_path, &model_error), HG_OK);
    ck_assert_str_eq(safetensors_metadata(&file, "format"), "pt");
    ck_assert_str_eq(safetensors_metadata(&file, "hinge.version"), HG_VERSION);
    ck_assert_str_eq(safetensors_metadata(&file, "hinge.layers"),
                     "[{\"type\":\"image_input\",\"name\":\"image_input_1\",\"inputs\":[],"
                     "\"options\":{\"height\":2,\"width\":2,\"normalization\":\"zscore\"}},"
                     "{\"type\":\"fully_connected\",\"name\":\"fully_connected_1\",\"inputs\":[\"image_input_1\"],"
                     "\"options\":{\"units\":2}},"
                     "{\"type\":\"softmax\",\"name\":\"softmax_1\",\"inputs\":[\"fully_connected_1\"],\"options\":{}},"
                     "{\"type\":\"classification\",\"name\":\"classification_1\",\"inputs\":[\"softmax_1\"],"
                     "\"options\":{}}]");
    safetensors_close(&file);
    hg_network_destroy(network);
}
END_TEST

START_TEST(weights_of_another_network_of_the_same_shape_are_copied)
{
    hg_network *network = model_small(MODEL_SEED), *other = model_small(MODEL_OTHER_SEED);
    ck_assert_int_eq(hg_network_save(network, model_path, &model_error), HG_OK);
    ck_assert_int_eq(hg_network_load_weights(other, model_path, &model_error), HG_OK);
    model_check_same_values(network, other);
    ck_assert(other->normalized);
    hg_network_destroy(network);
    hg_network_destroy(other);
}
END_TEST

static size_t drop_normalization(hg_parameter *parameters, size_t count)
{
    count = model_drop(parameters, count, "image_input_1.mean");
    return model_drop(parameters, count, "image_input_1.deviation");
}

START_TEST(a_file_without_normalization_leaves_the_networks_own)
{
    hg_network *network = model_small(MODEL_OTHER_SEED), *same = model_small(MODEL_OTHER_SEED);
    model_write_edited(drop_normalization);
    ck_assert_msg(hg_network_load_weights(network, model_path, &model_error) == HG_OK, "%s", model_error.message);
    ck_assert(!network->normalized);
    hg_parameter left, right;
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "image_input_1.mean" : "image_input_1.deviation";
        ck_assert(hg_network_find_parameter(network, name, &left) && hg_network_find_parameter(same, name, &right));
        ck_assert_mem_eq(left.values, right.values, left.count * sizeof(hg_real));
    }
    hg_network *source = model_small(MODEL_SEED);
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &left));
    ck_assert(hg_network_find_parameter(source, "fully_connected_1.weight", &right));
    ck_assert_mem_eq(left.values, right.values, left.count * sizeof(hg_real));
    hg_network_destroy(network);
    hg_network_destroy(same);
    hg_network_destroy(source);
}
END_TEST

/* ---- no memory ---- */

static int allocations_left, outstanding;

static void *metered_allocate(size_t size, void *context)
{
    (void)context;
    if (allocations_left-- == 0)
        return NULL;
    outstanding++;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void metered_release(void *memory, void *context)
{
    (void)context;
    outstanding--;
    free(memory);
}

START_TEST(a_lack_of_memory_is_an_error_and_no_leak)
{
    hg_set_allocator(&(hg_allocator){ metered_allocate, metered_release, NULL });
    allocations_left = -1;
    hg_network *network = model_small(MODEL_SEED), *loaded = NULL;
    hg_status status = HG_NO_MEMORY;
    const int before = outstanding;
    for (int n = 0; status; n++) {
        allocations_left = n;
        status = hg_network_save(network, model_path, &model_error);
        ck_assert_int_eq(outstanding, before);
        ck_assert_msg(!status || status == HG_NO_MEMORY, "%s", model_error.message);
    }
    for (int n = 0; !loaded; n++) {
        allocations_left = n;
        loaded = hg_network_load(model_path, &model_error);
        ck_assert_msg(loaded || model_error.status == HG_NO_MEMORY, "%s", model_error.message);
        ck_assert_msg(loaded || outstanding == before, "allocation %d leaks", n);
    }
    status = HG_NO_MEMORY;
    for (int n = 0; status; n++) {
        allocations_left = n;
        status = hg_network_load_weights(loaded, model_path, &model_error);
    }
    allocations_left = -1;
    hg_network_destroy(loaded);
    hg_network_destroy(network);
    ck_assert_int_eq(outstanding, 0);
    hg_set_allocator(NULL);
}
END_TEST

Suite *model_suite(void)
{
    Suite *suite = suite_create("model");
    TCase *tests = tcase_create("model");
    model_file_add(tests);
    tcase_add_test(tests, a_loaded_network_is_the_saved_one);
    tcase_add_test(tests, the_metadata_is_as_documented);
    tcase_add_test(tests, weights_of_another_network_of_the_same_shape_are_copied);
    tcase_add_test(tests, a_file_without_normalization_leaves_the_networks_own);
    tcase_add_test(tests, a_lack_of_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
