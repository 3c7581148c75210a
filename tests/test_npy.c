/* NumPy's files: what it wrote, what is written, and every way in which a file can be damaged. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hinge/hinge.h>

#include "model_file.h"
#include "npy_goldens.h"
#include "samples.h"

Suite *npy_suite(void);

enum { SLOWEST_TEST = 120, FILE_SIZE = 1 << 16, FRAME = 10 /* bytes in front of a header of version 1 */ };

static hg_status read_tensor(hg_tensor *tensor)
{
    model_error = (hg_error){ .message = "" };
    return hg_tensor_read_npy(tensor, model_path, &model_error);
}

static void check_shape(const hg_tensor *tensor, const hg_tensor_shape *shape)
{
    ck_assert_int_eq(tensor->shape.rank, shape->rank);
    for (int i = 0; i < shape->rank; i++)
        ck_assert_uint_eq(tensor->shape.size[i], shape->size[i]);
}

/* ---- what is there ---- */

START_TEST(what_numpy_wrote_is_read)
{
    hg_tensor tensor;
    size_t count;
    scratch_write(model_path, goldens[_i].bytes, goldens[_i].size);
    ck_assert_msg(read_tensor(&tensor) == HG_OK, "%s: %s", goldens[_i].name, model_error.message);
    check_shape(&tensor, &goldens[_i].shape);
    ck_assert_int_eq(hg_shape_count(&tensor.shape, &count, NULL), HG_OK);
    for (size_t i = 0; i < count; i++) {
        const double wanted = strcmp(goldens[_i].name, "|b1") == 0 ? goldens[_i].values[i] != 0 : goldens[_i].values[i];
        ck_assert_msg((double)tensor.data[i] == wanted, "%s: number %zu is %g, not %g", goldens[_i].name, i,
                      (double)tensor.data[i], wanted);
    }
    ck_assert(tensor.owned);
    hg_tensor_destroy(&tensor);
}
END_TEST

static const char *const golden_name_of_written[] = { "<f4", "no dimensions", "one dimension", "no numbers" };

START_TEST(what_is_written_is_what_numpy_writes)
{
    static unsigned char bytes[FILE_SIZE];
    size_t golden = 0, count;
    while (strcmp(goldens[golden].name, golden_name_of_written[_i]) != 0)
        golden++;
    hg_tensor tensor;
    ck_assert_int_eq(hg_tensor_create(&tensor, goldens[golden].shape, NULL), HG_OK);
    ck_assert_int_eq(hg_shape_count(&tensor.shape, &count, NULL), HG_OK);
    for (size_t i = 0; i < count; i++)
        tensor.data[i] = (hg_real)goldens[golden].values[i];
    ck_assert_msg(hg_tensor_write_npy(&tensor, model_path, &model_error) == HG_OK, "%s", model_error.message);
    ck_assert_uint_eq(scratch_read(model_path, bytes, sizeof bytes), goldens[golden].size);
    ck_assert_mem_eq(bytes, goldens[golden].bytes, goldens[golden].size);
    hg_tensor_destroy(&tensor);
}
END_TEST

START_TEST(what_is_written_is_read_bit_for_bit)
{
    enum { COUNT = 3 * 1 * 701 * 11 }; /* several chunks, the last one short */
    hg_tensor tensor, again;
    ck_assert_int_eq(hg_tensor_create(&tensor, hg_shape_of(4, 3, 1, 701, 11), NULL), HG_OK);
    hg_random random = hg_random_stream(1, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < COUNT; i++)
        tensor.data[i] = (hg_real)hg_random_normal(&random);
    tensor.data[1] = -0.0F;
    tensor.data[2] = 1e-42F;
    tensor.data[3] = -INFINITY;
    tensor.data[4] = NAN;
    ck_assert_int_eq(hg_tensor_write_npy(&tensor, model_path, &model_error), HG_OK);
    ck_assert_msg(read_tensor(&again) == HG_OK, "%s", model_error.message);
    check_shape(&again, &tensor.shape);
    ck_assert_mem_eq(again.data, tensor.data, COUNT * sizeof *tensor.data);
    hg_tensor_destroy(&tensor);
    hg_tensor_destroy(&again);
}
END_TEST

/* ---- files by hand ---- */

static void write_parts(int major, const char *header, size_t data_size)
{
    static const unsigned char zeros[FILE_SIZE];
    static unsigned char bytes[FILE_SIZE];
    const size_t length = strlen(header), width = major == 1 ? 2 : 4;
    size_t end = (size_t)snprintf((char *)bytes, sizeof bytes, "\x93NUMPY%c", major) + 1;
    for (size_t i = 0; i < width; i++)
        bytes[end++] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + end, header, length);
    memcpy(bytes + end + length, zeros, data_size);
    scratch_write(model_path, bytes, end + length + data_size);
}

static void check_refused(const char *part)
{
    hg_tensor tensor = { .shape = { .rank = 3 } }, before = tensor;
    model_file_check_message(read_tensor(&tensor), HG_BAD_FILE, part);
    ck_assert_mem_eq(&tensor, &before, sizeof before);
}

#define DICTIONARY(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape "}"

/* Each of two floats. */
static const char *const good_headers[] = {
    DICTIONARY("<f4", "(2,)"),
    "{'shape': (2L, ), 'fortran_order': False, 'descr': '<f4'}   \n",
    "{\"descr\":\"<f4\",\"fortran_order\":True,\"shape\":(1,2,),}",
    "  { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 1 ) , } \n\n",
};

START_TEST(headers_of_other_writers_are_read)
{
    hg_tensor tensor;
    write_parts(1 + _i % 3, good_headers[_i], 2 * sizeof(float));
    ck_assert_msg(read_tensor(&tensor) == HG_OK, "%s", model_error.message);
    size_t count;
    ck_assert_int_eq(hg_shape_count(&tensor.shape, &count, NULL), HG_OK);
    ck_assert_uint_eq(count, 2);
    hg_tensor_destroy(&tensor);
}
END_TEST

static const struct {
    const char *header;
    size_t data_size;
    const char *message;
} damaged[] = {
    { "", 0, "byte 1 of its header: the dictionary's { is missing" },
    { "[]", 0, "the dictionary's { is missing" },
    { "{", 0, "byte 2 of its header: a key in quotes is missing" },
    { "{}", 0, "wants descr, fortran_order and shape" },
    { "{,}", 0, "a key in quotes is missing" },
    { "{'descr': '<f4', 'fortran_order': False}", 4, "wants descr, fortran_order and shape" },
    { "{'descr': '<f4', 'descr': '<f4'}", 4, "each once, not \"descr\"" },
    { "{'description': '<f4'}", 4, "each once, not \"description\"" },
    { "{'descr' '<f4'}", 4, "a colon is missing" },
    { "{'descr': '<f4' 'shape': ()}", 4, "a comma or } is missing" },
    { "{'descr': <f4}", 4, "the type, a text in quotes, is missing" },
    { "{'descr': '<f4}", 4, "the type, a text in quotes, is missing" },
    { "{'descr': '<f4\"}", 4, "the type, a text in quotes, is missing" },
    { "{'descr': '<\\x664'}", 4, "the type, a text in quotes, is missing" },
    { "{'descr': [('x', '<f4')]}", 4, "records of several fields" },
    { DICTIONARY("<c8", "()"), 8, "numbers of type \"<c8\"; f2, f4" },
    { DICTIONARY("|O", "()"), 8, "numbers of type \"|O\"" },
    { DICTIONARY("<U3", "()"), 12, "numbers of type \"<U3\"" },
    { DICTIONARY("|f4", "()"), 4, "numbers of type \"|f4\"" },
    { DICTIONARY("<f16", "()"), 16, "numbers of type \"<f16\"" },
    { DICTIONARY("<f3", "()"), 3, "numbers of type \"<f3\"" },
    { DICTIONARY("", "()"), 4, "numbers of type \"\"" },
    { DICTIONARY("<b1", "()"), 4, "3 bytes too many" },
    { "{'fortran_order': 1}", 4, "True or False is missing" },
    { DICTIONARY("<f4", "[2]"), 8, "the shape's ( is missing" },
    { DICTIONARY("<f4", "2"), 8, "the shape's ( is missing" },
    { DICTIONARY("<f4", "(2)"), 8, "the comma of a shape of one size is missing" },
    { DICTIONARY("<f4", "(,)"), 8, "a size is missing" },
    { DICTIONARY("<f4", "(2 3)"), 24, "a comma or ) in the shape is missing" },
    { DICTIONARY("<f4", "(-2,)"), 8, "a size is missing" },
    { DICTIONARY("<f4", "(2.0,)"), 8, "a comma or ) in the shape is missing" },
    { DICTIONARY("<f4", "(2,"), 8, "a size is missing" },
    { DICTIONARY("<f4", "(1, 1, 1, 1, 1)"), 4, "has more than 4 dimensions" },
    { DICTIONARY("<f4", "(99999999999999999999999,)"), 8, "beyond all memory" },
    { DICTIONARY("<f4", "(4294967296, 4294967296)"), 8, "the product of its shape overflows" },
    { DICTIONARY("<f4", "(4611686018427387904,)"), 8, "the product of its shape overflows" },
    { DICTIONARY("|u1", "(1152921504606846976,)"), 8, "by its header, but only 8 bytes of them" },
    { DICTIONARY("<f4", "(3,)"), 8, "3 numbers of 4 bytes by its header, but only 8 bytes" },
    { DICTIONARY("<f4", "(1,)"), 8, "4 bytes too many behind its 1 numbers" },
    { DICTIONARY("<f4", "(2,)") " x", 8, "the end is missing" },
};

START_TEST(damaged_headers_are_refused)
{
    write_parts(1 + _i % 3, damaged[_i].header, damaged[_i].data_size);
    check_refused(damaged[_i].message);
}
END_TEST

START_TEST(a_frame_that_is_none_is_refused)
{
    scratch_write(model_path, "", 0);
    check_refused("does not begin with \\x93NUMPY");
    scratch_write(model_path, "PK\3\4 is a .npz", 14);
    check_refused("does not begin with \\x93NUMPY");
    scratch_write(model_path, "\x93NUMPY\4\0\0\0\0\0", 12);
    check_refused("format 4.0; 1.0, 2.0 and 3.0 are known");
    scratch_write(model_path, "\x93NUMPY\1\1\0\0\0\0", 12);
    check_refused("format 1.1");
    scratch_write(model_path, "\x93NUMPY\2\0\xff\xff\xff\xff", 12);
    check_refused("its header has 4294967295 bytes, over the limit of 10000");
}
END_TEST

START_TEST(every_shorter_file_is_refused)
{
    for (size_t size = 0; size < goldens[0].size; size++) {
        scratch_write(model_path, goldens[0].bytes, size);
        check_refused(size < 6 ? "does not begin" : "may be cut off");
    }
}
END_TEST

START_TEST(whatever_byte_is_wrong_nothing_breaks)
{
    static const unsigned char changes[] = { 0x01, 0x20, 0xFF };
    unsigned char bytes[FILE_SIZE];
    memcpy(bytes, goldens[0].bytes, goldens[0].size);
    for (size_t i = 0; i < goldens[0].size; i++)
        for (size_t k = 0; k < HG_COUNT(changes); k++) {
            bytes[i] ^= changes[k];
            scratch_write(model_path, bytes, goldens[0].size);
            hg_tensor tensor;
            if (read_tensor(&tensor) == HG_OK)
                hg_tensor_destroy(&tensor);
            else
                ck_assert_str_ne(model_error.message, "");
            bytes[i] ^= changes[k];
        }
}
END_TEST

/* A header of the longest kind that is allowed, and one byte more. */
START_TEST(a_header_may_be_as_long_as_numpys)
{
    enum { MOST = 10000 };
    static char header[MOST + 2];
    hg_tensor tensor;
    memset(header, ' ', MOST + 1);
    memcpy(header, good_headers[0], strlen(good_headers[0]));
    header[MOST] = '\0';
    write_parts(1, header, 2 * sizeof(float));
    ck_assert_msg(read_tensor(&tensor) == HG_OK, "%s", model_error.message);
    hg_tensor_destroy(&tensor);
    header[MOST] = ' ';
    write_parts(2, header, 2 * sizeof(float));
    check_refused("10001 bytes, over the limit");
}
END_TEST

START_TEST(a_number_too_large_for_a_float_is_named)
{
    static const unsigned char large[] = { 0, 0, 0, 0, 0, 0, 0xE0, 0x7F }; /* about 9e307, lowest byte first */
    unsigned char bytes[FRAME + 128];
    write_parts(1, DICTIONARY("<f8", "(1,)"), sizeof large);
    const size_t size = scratch_read(model_path, bytes, sizeof bytes);
    memcpy(bytes + size - sizeof large, large, sizeof large);
    scratch_write(model_path, bytes, size);
    check_refused("number 0 is 8.98847e+307, too large for 32 bits");
}
END_TEST

/* ---- what fails ---- */

START_TEST(files_that_cannot_be_read_or_written_are_named)
{
    hg_tensor tensor;
    ck_assert_int_eq(read_tensor(&tensor), HG_IO);
    ck_assert_ptr_nonnull(strstr(model_error.message, "cannot be read: No such file"));
    ck_assert_int_eq(hg_tensor_read_npy(&tensor, scratch_folder, &model_error), HG_IO);
    ck_assert_ptr_nonnull(strstr(model_error.message, "not a regular file"));
    scratch_write(model_path, "older", 5);
    hg_real number = 1;
    ck_assert_int_eq(hg_tensor_borrow(&tensor, hg_shape_of(1, 1), &number, NULL), HG_OK);
    ck_assert_int_eq(hg_tensor_write_npy(&tensor, "/nowhere/a.npy", &model_error), HG_IO);
    ck_assert_ptr_nonnull(strstr(model_error.message, "/nowhere/a.npy"));
    tensor.shape.rank = HG_MAX_RANK + 1;
    ck_assert_int_eq(hg_tensor_write_npy(&tensor, model_path, &model_error), HG_BAD_ARGUMENT);
    char text[8] = "";
    ck_assert_uint_eq(scratch_read(model_path, text, sizeof text), 5);
    ck_assert_str_eq(text, "older");
}
END_TEST

START_TEST(a_lack_of_memory_is_an_error_and_no_leak)
{
    scratch_write(model_path, goldens[0].bytes, goldens[0].size);
    failing_allocator_install();
    hg_status status = HG_NO_MEMORY;
    long n = 0;
    for (; status; n++) {
        hg_tensor tensor;
        failing_allocator_allow(n);
        status = read_tensor(&tensor);
        failing_allocator_allow(-1);
        ck_assert_msg(!status || status == HG_NO_MEMORY, "%s", model_error.message);
        if (!status)
            hg_tensor_destroy(&tensor);
        ck_assert_int_eq(failing_allocator_outstanding(), 0);
    }
    ck_assert_int_gt(n, 1);
    failing_allocator_remove();
}
END_TEST

Suite *npy_suite(void)
{
    Suite *suite = suite_create("npy");
    TCase *tests = tcase_create("npy");
    model_file_add(tests);
    tcase_set_timeout(tests, SLOWEST_TEST);
    tcase_add_loop_test(tests, what_numpy_wrote_is_read, 0, HG_COUNT(goldens));
    tcase_add_loop_test(tests, what_is_written_is_what_numpy_writes, 0, HG_COUNT(golden_name_of_written));
    tcase_add_test(tests, what_is_written_is_read_bit_for_bit);
    tcase_add_loop_test(tests, headers_of_other_writers_are_read, 0, HG_COUNT(good_headers));
    tcase_add_loop_test(tests, damaged_headers_are_refused, 0, HG_COUNT(damaged));
    tcase_add_test(tests, a_frame_that_is_none_is_refused);
    tcase_add_test(tests, every_shorter_file_is_refused);
    tcase_add_test(tests, whatever_byte_is_wrong_nothing_breaks);
    tcase_add_test(tests, a_header_may_be_as_long_as_numpys);
    tcase_add_test(tests, a_number_too_large_for_a_float_is_named);
    tcase_add_test(tests, files_that_cannot_be_read_or_written_are_named);
    tcase_add_test(tests, a_lack_of_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
