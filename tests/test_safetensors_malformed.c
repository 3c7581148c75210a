/* Every way in which a safetensors file can be damaged. */
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tensor_files.h"

Suite *safetensors_malformed_suite(void);

/* ---- damaged headers ---- */

#define ONE(rest) "{\"a\":{\"dtype\":\"F32\"," rest "}}"
#define TWO(begin, end, begin2, end2)                                                \
    "{\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[" begin "," end "]}," \
    "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[" begin2 "," end2 "]}}"

static const struct {
    const char *header;
    size_t data_size;
    const char *message;
} damaged[] = {
    { "", 0, "does not begin with {" },
    { "[]", 0, "does not begin with {" },
    { " {}", 0, "does not begin with {" },
    { "{", 0, "not JSON at byte 1 of 1" },
    { "{} x", 0, "not JSON at byte 3" },
    { "{\"a\":1}", 0, "\"a\": wants dtype" },
    { "{\"a\":{}}", 0, "\"a\": wants dtype" },
    { "{\"a\\n\":{}}", 0, "control character" },
    { ONE("\"shape\":[1],\"data_offsets\":[0,4],\"more\":0"), 4, "nothing else" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1]}}", 4, "wants dtype" },
    { "{\"a\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8, "its dtype is I64; F32" },
    { "{\"a\":{\"dtype\":32,\"shape\":[1],\"data_offsets\":[0,8]}}", 8, "its dtype is not a text" },
    { ONE("\"shape\":4,\"data_offsets\":[0,4]"), 4, "its shape is not an array" },
    { ONE("\"shape\":[1,1,1,1,1],\"data_offsets\":[0,4]"), 4, "its shape has 5 dimensions" },
    { ONE("\"shape\":[1,-1],\"data_offsets\":[0,4]"), 4, "dimension 2 of its shape" },
    { ONE("\"shape\":[1.5],\"data_offsets\":[0,4]"), 4, "dimension 1 of its shape" },
    { ONE("\"shape\":[\"1\"],\"data_offsets\":[0,4]"), 4, "dimension 1 of its shape" },
    { ONE("\"shape\":[1e300],\"data_offsets\":[0,4]"), 4, "dimension 1 of its shape" },
    { ONE("\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]"), 0, "overflows" },
    { ONE("\"shape\":[2],\"data_offsets\":[0,4]"), 4, "F32 of shape [2] wants 2 numbers of 4 bytes" },
    { ONE("\"shape\":[1],\"data_offsets\":[0,5]"), 5, "hold 5 bytes" },
    { ONE("\"shape\":[1],\"data_offsets\":[0]"), 4, "not two byte numbers" },
    { ONE("\"shape\":[1],\"data_offsets\":[0,4,8]"), 4, "not two byte numbers" },
    { ONE("\"shape\":[1],\"data_offsets\":4"), 4, "not two byte numbers" },
    { ONE("\"shape\":[1],\"data_offsets\":[0,4.5]"), 4, "not two byte numbers" },
    { ONE("\"shape\":[1],\"data_offsets\":[-4,0]"), 4, "not two byte numbers" },
    { ONE("\"shape\":[1],\"data_offsets\":[0,1e30]"), 4, "not two byte numbers" },
    { ONE("\"shape\":[1],\"data_offsets\":[0,18446744073709551616]"), 4, "not two byte numbers" },
    { ONE("\"shape\":[1],\"data_offsets\":[4,0]"), 4, "[4, 0] go backwards" },
    { ONE("\"shape\":[2],\"data_offsets\":[0,8]"), 4, "reach past the 4 bytes" },
    { ONE("\"shape\":[1],\"data_offsets\":[4,8]"), 8, "bytes [0, 4] before tensor \"a\"" },
    { ONE("\"shape\":[1],\"data_offsets\":[0,4]"), 7, "3 bytes too many" },
    { "{}", 1, "1 bytes too many" },
    { TWO("0", "4", "0", "4"), 8, "overlaps" },
    { TWO("0", "4", "2", "6"), 8, "\"a\" at bytes [2, 6] overlaps \"b\" at [0, 4]" },
    { TWO("0", "4", "8", "12"), 12, "bytes [4, 8] before tensor \"a\"" },
    { "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
      "\"b\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
      "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
      8, "\"a\" is there twice" },
    { "{\"__metadata__\":[]}", 0, "__metadata__ is not an object" },
    { "{\"__metadata__\":{\"k\":1}}", 0, "\"k\" in __metadata__ is not a text" },
    { "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "__metadata__ is there twice" },
};

START_TEST(a_damaged_header_is_rejected)
{
    tensor_file_write_parts(strlen(damaged[_i].header), damaged[_i].header, NULL, damaged[_i].data_size);
    tensor_file_check_rejected(HG_BAD_FILE, damaged[_i].message);
}
END_TEST

START_TEST(a_header_of_a_wrong_length_is_rejected)
{
    tensor_file_write_parts(3, "{}", NULL, 0);
    tensor_file_check_rejected(HG_BAD_FILE, "says that its header has 3 bytes, but only 2 follow");
    tensor_file_write_parts(SAFETENSORS_MAX_HEADER + 1ull, "{}", NULL, 0);
    tensor_file_check_rejected(HG_BAD_FILE, "over the limit");
    tensor_file_write_parts(UINT64_MAX, "{}", NULL, 0);
    tensor_file_check_rejected(HG_BAD_FILE, "over the limit");
    tensor_file_write_parts(1, "{}", NULL, 0);
    tensor_file_check_rejected(HG_BAD_FILE, "not JSON");
    tensor_file_write_parts(3, "{}", "\0", 1);
    tensor_file_check_rejected(HG_BAD_FILE, "not JSON at byte 2 of 3");
    for (size_t size = 0; size < LENGTH; size++) {
        scratch_write(model_path, "\2\0\0\0\0\0\0\0", size);
        tensor_file_check_rejected(HG_BAD_FILE, "a safetensors file begins with 8");
    }
}
END_TEST

START_TEST(files_that_cannot_be_read_are_rejected)
{
    tensor_file_check_rejected(HG_IO, "No such file");
    ck_assert_int_eq(mkdir(model_path, 0777), 0);
    tensor_file_check_rejected(HG_IO, "not a regular file");
    ck_assert_int_eq(rmdir(model_path), 0);
    ck_assert_int_eq(mkfifo(model_path, 0666), 0);
    tensor_file_check_rejected(HG_IO, "not a regular file");
}
END_TEST

/* ---- damaged numbers ---- */

START_TEST(numbers_that_are_not_finite_are_rejected_by_name_and_place)
{
    static const char f32[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}";
    tensor_file_write_parts(sizeof f32 - 1, f32, "\0\0\0\0\0\0\0\0\0\0\xc0\x7f", 12);
    model_file_check_message(tensor_file_read_all(), HG_BAD_FILE, "\"w\": element 2 is nan");
    tensor_file_write_parts(sizeof f32 - 1, f32, "\0\0\0\0\0\0\x80\xff\0\0\0\0", 12);
    model_file_check_message(tensor_file_read_all(), HG_BAD_FILE, "\"w\": element 1 is -inf");
#ifndef HINGE_DOUBLE
    static const char f64[] = "{\"w\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
    const double large = 1e300;
    tensor_file_write_parts(sizeof f64 - 1, f64, &large, sizeof large);
    model_file_check_message(tensor_file_read_all(), HG_BAD_FILE,
                             "element 0 is 1e+300; weights must be finite 32-bit numbers");
#endif
    hg_real values[] = { 0, (hg_real)NAN };
    hg_parameter parameter = { .name = "w", .shape = { 1, { 2 } }, .count = 2, .values = values };
    unlink(model_path);
    model_file_check_message(safetensors_write(model_path, &parameter, 1, NULL, 0, &model_error), HG_NOT_FINITE,
                             "element 1 of w is nan");
    ck_assert_int_ne(access(model_path, F_OK), 0);
}
END_TEST

/* Both change the file in place: writing it anew each time can cost a disk access. */
START_TEST(a_file_cut_off_anywhere_is_rejected)
{
    unsigned char bytes[TENSOR_FILE_SIZE];
    ck_assert_int_eq(tensor_file_write_example(), HG_OK);
    const size_t size = scratch_read(model_path, bytes, TENSOR_FILE_SIZE);
    for (size_t kept = size; kept-- > 0;) {
        ck_assert_int_eq(truncate(model_path, (off_t)kept), 0);
        ck_assert_msg(tensor_file_read_all() == HG_BAD_FILE, "cut off at %zu of %zu", kept, size);
    }
}
END_TEST

START_TEST(no_flipped_bit_does_harm)
{
    unsigned char bytes[TENSOR_FILE_SIZE];
    ck_assert_int_eq(tensor_file_write_example(), HG_OK);
    const size_t size = scratch_read(model_path, bytes, TENSOR_FILE_SIZE);
    const int descriptor = open(model_path, O_WRONLY);
    ck_assert_int_ge(descriptor, 0);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        const off_t place = (off_t)(bit / 8);
        const unsigned char flipped = (unsigned char)(bytes[bit / 8] ^ 1u << bit % 8);
        ck_assert_int_eq(pwrite(descriptor, &flipped, 1, place), 1);
        const hg_status status = tensor_file_read_all();
        ck_assert_msg(status == HG_OK || status == HG_BAD_FILE, "bit %zu: %s", bit, model_error.message);
        ck_assert_int_eq(pwrite(descriptor, &bytes[bit / 8], 1, place), 1);
    }
    close(descriptor);
}
END_TEST

Suite *safetensors_malformed_suite(void)
{
    Suite *suite = suite_create("safetensors_malformed");
    TCase *tests = tcase_create("safetensors_malformed");
    model_file_add(tests);
    tcase_add_loop_test(tests, a_damaged_header_is_rejected, 0, HG_COUNT(damaged));
    tcase_add_test(tests, a_header_of_a_wrong_length_is_rejected);
    tcase_add_test(tests, files_that_cannot_be_read_are_rejected);
    tcase_add_test(tests, numbers_that_are_not_finite_are_rejected_by_name_and_place);
    tcase_add_test(tests, a_file_cut_off_anywhere_is_rejected);
    tcase_add_test(tests, no_flipped_bit_does_harm);
    suite_add_tcase(suite, tests);
    return suite;
}
