/* Model files: a network saved and loaded is the same network; files that do not fit
 * are refused and change nothing. */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "src/network.h"
#include "src/safetensors.h"

Suite *model_suite(void);

enum { PATH_LENGTH = 512, NAME_LENGTH = 64, MAX_FILE = 65536, MAX_TENSORS = 64, SEED = 7, OTHER_SEED = 8 };

static char folder[PATH_LENGTH], path[PATH_LENGTH + NAME_LENGTH], second_path[PATH_LENGTH + NAME_LENGTH];
static hg_error error;

static void open_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/hinge-model-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model", folder);
    snprintf(second_path, sizeof second_path, "%s/second", folder);
}

static void close_folder(void)
{
    unlink(path);
    unlink(second_path);
    ck_assert_msg(rmdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

/* ---- networks ---- */

static hg_network *make(const hg_layer *layers, size_t count, uint64_t seed)
{
    hg_network *network = hg_network_create(layers, count, &error);
    ck_assert_msg(network != NULL, "%s", error.message);
    hg_network_initialize(network, seed);
    /* a mean and a deviation like no other's */
    hg_random random = hg_random_stream(seed, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter tensor = hg_network_parameter(network, i);
        for (size_t k = 0; k < tensor.count; k++)
            tensor.values[k] += (hg_real)(hg_random_uniform(&random) / 8);
    }
    return network;
}

/* Every layer type, every form, branches, and options that are not the default. */
static hg_network *make_large(uint64_t seed)
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
        hg_max_pool2d(3, .stride = 2, .padding = 1, .inputs = { "sum" }),
        hg_threshold_relu(HG_SHIFT),
        hg_conv2d(2, 2, .filter_height = 1),
        hg_threshold_relu(HG_GATE, .gate_width = 0.05),
        hg_concat(.inputs = { "leaky_relu_1", "threshold_relu_4" }),
        hg_fully_connected(6, .start = HG_HE),
        hg_relu(),
        hg_fully_connected(3, .no_bias = true),
        hg_threshold_relu(),
        hg_softmax(),
        hg_classification(),
    };
    return make(layers, HG_COUNT(layers), seed);
}

static hg_network *make_small(uint64_t seed)
{
    const hg_layer layers[] = {
        hg_image_input(2, 2, .normalization = HG_ZSCORE),
        hg_fully_connected(2),
        hg_softmax(),
        hg_classification(),
    };
    return make(layers, HG_COUNT(layers), seed);
}

static void check_same_values(hg_network *a, hg_network *b)
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

static void check_same_layers(const hg_network *a, const hg_network *b)
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

/* ---- files ---- */

static size_t read_bytes(const char *where, char bytes[MAX_FILE])
{
    FILE *file = fopen(where, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, MAX_FILE, file);
    fclose(file);
    ck_assert_uint_lt(size, MAX_FILE);
    return size;
}

/* Writes the parameters of a small network after `edit` has changed their list. */
static void write_edited(size_t (*edit)(hg_parameter *parameters, size_t count))
{
    hg_network *network = make_small(SEED);
    hg_parameter parameters[MAX_TENSORS];
    const size_t count = hg_network_parameter_count(network);
    for (size_t i = 0; i < count; i++)
        parameters[i] = hg_network_parameter(network, i);
    const hg_status status = safetensors_write(path, parameters, edit(parameters, count), NULL, 0, &error);
    ck_assert_msg(status == HG_OK, "%s", error.message);
    hg_network_destroy(network);
}

static size_t find(const hg_parameter *parameters, const char *name)
{
    size_t index = 0;
    while (strcmp(parameters[index].name, name) != 0)
        index++;
    return index;
}

static size_t drop(hg_parameter *parameters, size_t count, const char *name)
{
    parameters[find(parameters, name)] = parameters[count - 1];
    return count - 1;
}

static void check_message(hg_status got, hg_status wanted, const char *part)
{
    ck_assert_msg(got == wanted, "status %d, not %d: %s", got, wanted, error.message);
    ck_assert_msg(strstr(error.message, part) != NULL, "\"%s\" is not in: %s", part, error.message);
    ck_assert_msg(strstr(error.message, path) != NULL, "%s", error.message);
}

static void check_weights_refused(const char *part)
{
    hg_network *network = make_small(OTHER_SEED), *same = make_small(OTHER_SEED);
    error.message[0] = '\0';
    check_message(hg_network_load_weights(network, path, &error), HG_BAD_FILE, part);
    check_same_values(network, same);
    ck_assert(!network->normalized);
    hg_network_destroy(network);
    hg_network_destroy(same);
}

/* ---- saving and loading ---- */

START_TEST(a_loaded_network_is_the_saved_one)
{
    static char bytes[MAX_FILE], second_bytes[MAX_FILE];
    hg_network *network = make_large(SEED);
    ck_assert_msg(hg_network_save(network, path, &error) == HG_OK, "%s", error.message);
    hg_network *loaded = hg_network_load(path, &error);
    ck_assert_msg(loaded != NULL, "%s", error.message);
    ck_assert(loaded->normalized);
    check_same_layers(network, loaded);
    check_same_values(network, loaded);
    ck_assert_int_eq(hg_network_save(loaded, second_path, &error), HG_OK);
    const size_t size = read_bytes(path, bytes);
    ck_assert_uint_eq(size, read_bytes(second_path, second_bytes));
    ck_assert_mem_eq(bytes, second_bytes, size);
    hg_network_destroy(network);
    hg_network_destroy(loaded);
}
END_TEST

START_TEST(the_metadata_is_as_documented)
{
    hg_network *network = make_small(SEED);
    safetensors file;
    ck_assert_int_eq(hg_network_save(network, path, &error), HG_OK);
    ck_assert_int_eq(safetensors_open(&file, path, &error), HG_OK);
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
    hg_network *network = make_small(SEED), *other = make_small(OTHER_SEED);
    ck_assert_int_eq(hg_network_save(network, path, &error), HG_OK);
    ck_assert_int_eq(hg_network_load_weights(other, path, &error), HG_OK);
    check_same_values(network, other);
    ck_assert(other->normalized);
    hg_network_destroy(network);
    hg_network_destroy(other);
}
END_TEST

static size_t drop_normalization(hg_parameter *parameters, size_t count)
{
    count = drop(parameters, count, "image_input_1.mean");
    return drop(parameters, count, "image_input_1.deviation");
}

START_TEST(a_file_without_normalization_leaves_the_networks_own)
{
    hg_network *network = make_small(OTHER_SEED), *same = make_small(OTHER_SEED);
    write_edited(drop_normalization);
    ck_assert_msg(hg_network_load_weights(network, path, &error) == HG_OK, "%s", error.message);
    ck_assert(!network->normalized);
    hg_parameter left, right;
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "image_input_1.mean" : "image_input_1.deviation";
        ck_assert(hg_network_find_parameter(network, name, &left) && hg_network_find_parameter(same, name, &right));
        ck_assert_mem_eq(left.values, right.values, left.count * sizeof(hg_real));
    }
    hg_network *source = make_small(SEED);
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &left));
    ck_assert(hg_network_find_parameter(source, "fully_connected_1.weight", &right));
    ck_assert_mem_eq(left.values, right.values, left.count * sizeof(hg_real));
    hg_network_destroy(network);
    hg_network_destroy(same);
    hg_network_destroy(source);
}
END_TEST

/* ---- weights that do not fit ---- */

static size_t drop_mean(hg_parameter *parameters, size_t count)
{
    return drop(parameters, count, "image_input_1.mean");
}

static size_t drop_bias(hg_parameter *parameters, size_t count)
{
    return drop(parameters, count, "fully_connected_1.bias");
}

static size_t turn_weight(hg_parameter *parameters, size_t count)
{
    parameters[find(parameters, "fully_connected_1.weight")].shape = (hg_tensor_shape){ 2, { 4, 2 } };
    return count;
}

static size_t flatten_mean(hg_parameter *parameters, size_t count)
{
    parameters[find(parameters, "image_input_1.mean")].shape = (hg_tensor_shape){ 1, { 4 } };
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
    write_edited(drop_bias);
    check_weights_refused("has no tensor \"fully_connected_1.bias\" [2]; its 3 tensors begin with");
    write_edited(drop_mean);
    check_weights_refused("has no tensor \"image_input_1.mean\" [1, 2, 2]");
    write_edited(drop_all);
    check_weights_refused("none at all");
    write_edited(turn_weight);
    check_weights_refused("\"fully_connected_1.weight\" has the shape [4, 2]; the network wants [2, 4]");
    write_edited(flatten_mean);
    check_weights_refused("\"image_input_1.mean\" has the shape [4]; the network wants [1, 2, 2]");
    write_edited(add_tensor);
    check_weights_refused("\"fully_connected_2.bias\" is no parameter of the network");
}
END_TEST

/* In the network's last tensor, the bias, which is the file's first. */
START_TEST(a_nan_changes_nothing)
{
    static char bytes[MAX_FILE];
    safetensors opened;
    write_edited(keep_all);
    ck_assert_int_eq(safetensors_open(&opened, path, &error), HG_OK);
    const size_t place = (size_t)(opened.data_begin + safetensors_find(&opened, "fully_connected_1.bias")->begin);
    safetensors_close(&opened);
    const size_t size = read_bytes(path, bytes);
    memset(bytes + place + sizeof(hg_real), 0xff, sizeof(hg_real));
    FILE *file = fopen(path, "wb");
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
    check_weights_refused("\"fully_connected_1.bias\": element 1 is -nan");
}
END_TEST

START_TEST(a_network_that_cannot_be_saved_leaves_the_older_file)
{
    static char bytes[MAX_FILE], second_bytes[MAX_FILE];
    hg_network *network = make_small(SEED);
    ck_assert_int_eq(hg_network_save(network, path, &error), HG_OK);
    const size_t size = read_bytes(path, bytes);
    hg_parameter weight;
    ck_assert(hg_network_find_parameter(network, "fully_connected_1.weight", &weight));
    weight.values[1] = (hg_real)INFINITY;
    check_message(hg_network_save(network, path, &error), HG_NOT_FINITE,
                  "element 1 of fully_connected_1.weight is inf");
    ck_assert_uint_eq(read_bytes(path, second_bytes), size);
    ck_assert_mem_eq(bytes, second_bytes, size);
    hg_network_destroy(network);
}
END_TEST

/* ---- files that describe no network ---- */

START_TEST(a_file_without_an_architecture_is_rejected)
{
    write_edited(keep_all);
    ck_assert_ptr_null(hg_network_load(path, &error));
    check_message(error.status, HG_BAD_FILE, "hg_network_load_weights");
    unlink(path);
    ck_assert_ptr_null(hg_network_load(path, &error));
    check_message(error.status, HG_IO, "No such file");
    ck_assert_ptr_null(hg_network_load(path, NULL));
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
    hg_network *network = make_small(SEED), *loaded = NULL;
    hg_status status = HG_NO_MEMORY;
    const int before = outstanding;
    for (int n = 0; status; n++) {
        allocations_left = n;
        status = hg_network_save(network, path, &error);
        ck_assert_int_eq(outstanding, before);
        ck_assert_msg(!status || status == HG_NO_MEMORY, "%s", error.message);
    }
    for (int n = 0; !loaded; n++) {
        allocations_left = n;
        loaded = hg_network_load(path, &error);
        ck_assert_msg(loaded || error.status == HG_NO_MEMORY, "%s", error.message);
        ck_assert_msg(loaded || outstanding == before, "allocation %d leaks", n);
    }
    status = HG_NO_MEMORY;
    for (int n = 0; status; n++) {
        allocations_left = n;
        status = hg_network_load_weights(loaded, path, &error);
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
    tcase_add_checked_fixture(tests, open_folder, close_folder);
    tcase_add_test(tests, a_loaded_network_is_the_saved_one);
    tcase_add_test(tests, the_metadata_is_as_documented);
    tcase_add_test(tests, weights_of_another_network_of_the_same_shape_are_copied);
    tcase_add_test(tests, a_file_without_normalization_leaves_the_networks_own);
    tcase_add_test(tests, weights_that_do_not_fit_change_nothing);
    tcase_add_test(tests, a_nan_changes_nothing);
    tcase_add_test(tests, a_network_that_cannot_be_saved_leaves_the_older_file);
    tcase_add_test(tests, a_file_without_an_architecture_is_rejected);
    tcase_add_test(tests, a_lack_of_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
