/* The safetensors format: what is written, what is read, and every way in which a
 * file can be damaged. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/safetensors.h"

Suite *safetensors_suite(void);

enum { PATH_LENGTH = 512, NAME_LENGTH = 64, MAX_FILE = 8192, MANY = 5000, LENGTH = SAFETENSORS_LENGTH_BYTES };

static char folder[PATH_LENGTH], path[PATH_LENGTH + NAME_LENGTH];
static hg_error error;

static void open_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/hinge-tensors-XXXXXX", temporary ? temporary : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/model", folder);
}

static void close_folder(void)
{
    unlink(path);
    ck_assert_msg(rmdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

/* ---- files made by hand ---- */

static void write_bytes(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static size_t read_bytes(unsigned char bytes[MAX_FILE])
{
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    const size_t size = fread(bytes, 1, MAX_FILE, file);
    fclose(file);
    ck_assert_uint_lt(size, MAX_FILE);
    return size;
}

/* A file of this header and data, whose header says it has `length` bytes. */
static void write_parts(uint64_t length, const char *header, const void *data, size_t data_size)
{
    unsigned char bytes[MAX_FILE] = { 0 };
    const size_t header_size = strlen(header);
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (unsigned char)(length >> (8 * i));
    memcpy(bytes + LENGTH, header, header_size);
    if (data)
        memcpy(bytes + LENGTH + header_size, data, data_size);
    write_bytes(bytes, LENGTH + header_size + data_size);
}

static void check_message(hg_status got, hg_status wanted, const char *part)
{
    ck_assert_msg(got == wanted, "status %d, not %d: %s", got, wanted, error.message);
    ck_assert_msg(strstr(error.message, part) != NULL, "\"%s\" is not in: %s", part, error.message);
    ck_assert_msg(strstr(error.message, path) != NULL, "%s", error.message);
}

static void check_rejected(hg_status wanted, const char *part)
{
    safetensors file;
    error.message[0] = '\0';
    check_message(safetensors_open(&file, path, &error), wanted, part);
}

/* Opens the file and reads all of it; whatever the file holds, nothing worse than a failure. */
static hg_status read_all(void)
{
    safetensors file;
    hg_status status = safetensors_open(&file, path, &error);
    if (status)
        return status;
    for (size_t i = 0; i < file.count && !status; i++) {
        hg_real *values = hg_allocate(file.tensors[i].count, sizeof *values);
        status = values ? safetensors_read(&file, &file.tensors[i], values, &error) : HG_NO_MEMORY;
        hg_release(values);
    }
    safetensors_close(&file);
    return status;
}

/* ---- writing and reading back ---- */

static hg_real scalar[] = { (hg_real)-0.0 };
static hg_real image[] = { 0, 1, (hg_real)0.1, (hg_real)1e-42, -FLT_MAX, (hg_real)1 / 3 };

static hg_status write_example(void)
{
    hg_parameter parameters[] = {
        { .name = "z \"quoted\"", .shape = { 4, { 1, 2, 1, 3 } }, .count = HG_COUNT(image), .values = image },
        { .name = "a", .shape = { 0, { 0 } }, .count = 1, .values = scalar },
    };
    const safetensors_note metadata[] = { { "format", "pt" }, { "text", "{\"a\":\n1}" } };
    return safetensors_write(path, parameters, HG_COUNT(parameters), metadata, HG_COUNT(metadata), &error);
}

START_TEST(what_is_written_is_read_bit_for_bit)
{
    safetensors file;
    hg_real values[HG_COUNT(image)];
    ck_assert_int_eq(write_example(), HG_OK);
    ck_assert_int_eq(safetensors_open(&file, path, &error), HG_OK);
    ck_assert_uint_eq(file.count, 2);
    ck_assert_uint_eq(file.data_begin % SAFETENSORS_ALIGNMENT, 0);
    ck_assert_str_eq(safetensors_metadata(&file, "format"), "pt");
    ck_assert_str_eq(safetensors_metadata(&file, "text"), "{\"a\":\n1}");
    ck_assert_ptr_null(safetensors_metadata(&file, "Format"));
    ck_assert_ptr_null(safetensors_find(&file, "b"));
    const safetensors_tensor *tensor = safetensors_find(&file, "z \"quoted\"");
    char text[SAFETENSORS_SHAPE_LENGTH];
    ck_assert_str_eq(safetensors_shape_text(&tensor->shape, text), "[1, 2, 1, 3]");
    ck_assert_int_eq(safetensors_read(&file, tensor, values, &error), HG_OK);
    ck_assert_mem_eq(values, image, sizeof image);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "a"), values, &error), HG_OK);
    ck_assert_mem_eq(values, scalar, sizeof scalar);
    safetensors_close(&file);
}
END_TEST

START_TEST(the_layout_is_that_of_the_reference_implementation)
{
#ifdef HINGE_DOUBLE
    static const char expected[] = "\x90\0\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F64\","
                                   "\"shape\":[1],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F64\",\"shape\":[1,2],"
                                   "\"data_offsets\":[8,24]}}   "
                                   "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\0\xc0\0\0\0\0\0\0\xe0\x3f";
#else
    static const char expected[] = "\x90\0\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\","
                                   "\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],"
                                   "\"data_offsets\":[4,12]}}   "
                                   "\0\0\x80\x3f\0\0\0\xc0\0\0\0\x3f";
#endif
    hg_parameter parameters[] = {
        { .name = "b", .shape = { 2, { 1, 2 } }, .count = 2, .values = (hg_real[]){ -2, (hg_real)0.5 } },
        { .name = "a", .shape = { 1, { 1 } }, .count = 1, .values = (hg_real[]){ 1 } },
    };
    unsigned char bytes[MAX_FILE];
    ck_assert_int_eq(safetensors_write(path, parameters, 2, &(safetensors_note){ "format", "pt" }, 1, &error), HG_OK);
    ck_assert_uint_eq(read_bytes(bytes), sizeof expected - 1);
    ck_assert_mem_eq(bytes, expected, sizeof expected - 1);
}
END_TEST

START_TEST(tensors_longer_than_a_chunk_are_whole)
{
    static hg_real numbers[MANY], back[MANY];
    for (size_t i = 0; i < MANY; i++)
        numbers[i] = (hg_real)i;
    hg_parameter parameter = { .name = "a", .shape = { 1, { MANY } }, .count = MANY, .values = numbers };
    safetensors file;
    ck_assert_int_eq(safetensors_write(path, &parameter, 1, NULL, 0, &error), HG_OK);
    ck_assert_int_eq(safetensors_open(&file, path, &error), HG_OK);
    ck_assert_int_eq(safetensors_read(&file, file.tensors, back, &error), HG_OK);
    ck_assert_mem_eq(back, numbers, sizeof numbers);
    safetensors_close(&file);
}
END_TEST

START_TEST(every_known_dtype_is_converted)
{
    static const char header[] = "{\"f64\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]},"
                                 "\"f16\":{\"dtype\":\"F16\",\"shape\":[5],\"data_offsets\":[8,18]},"
                                 "\"bf16\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[18,20]},"
                                 "\"f32\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[20,24]}}";
    static const char data[] = "\0\0\0\0\0\0\xf8\xbf"
                               "\0\x3c\x01\0\xff\x7b\0\xb8\xff\x03"
                               "\x40\xc0"
                               "\0\0\x20\x41";
    static const double f16[] = { 1, 0x1p-24, 65504, -0.5, 0x3ffp-24 };
    hg_real values[HG_COUNT(f16)];
    safetensors file;
    write_parts(sizeof header - 1, header, data, sizeof data - 1);
    ck_assert_msg(safetensors_open(&file, path, &error) == HG_OK, "%s", error.message);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "f64"), values, &error), HG_OK);
    ck_assert(values[0] == (hg_real)-1.5);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "bf16"), values, &error), HG_OK);
    ck_assert(values[0] == (hg_real)-3);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "f32"), values, &error), HG_OK);
    ck_assert(values[0] == (hg_real)10);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "f16"), values, &error), HG_OK);
    for (size_t i = 0; i < HG_COUNT(f16); i++)
        ck_assert(values[i] == (hg_real)f16[i]);
    safetensors_close(&file);
}
END_TEST

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
    write_parts(strlen(damaged[_i].header), damaged[_i].header, NULL, damaged[_i].data_size);
    check_rejected(HG_BAD_FILE, damaged[_i].message);
}
END_TEST

START_TEST(a_header_of_a_wrong_length_is_rejected)
{
    write_parts(3, "{}", NULL, 0);
    check_rejected(HG_BAD_FILE, "says that its header has 3 bytes, but only 2 follow");
    write_parts(SAFETENSORS_MAX_HEADER + 1ull, "{}", NULL, 0);
    check_rejected(HG_BAD_FILE, "over the limit");
    write_parts(UINT64_MAX, "{}", NULL, 0);
    check_rejected(HG_BAD_FILE, "over the limit");
    write_parts(1, "{}", NULL, 0);
    check_rejected(HG_BAD_FILE, "not JSON");
    write_parts(3, "{}", "\0", 1);
    check_rejected(HG_BAD_FILE, "not JSON at byte 2 of 3");
    for (size_t size = 0; size < LENGTH; size++) {
        write_bytes("\2\0\0\0\0\0\0\0", size);
        check_rejected(HG_BAD_FILE, "a safetensors file begins with 8");
    }
}
END_TEST

START_TEST(files_that_cannot_be_read_are_rejected)
{
    check_rejected(HG_IO, "No such file");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    check_rejected(HG_IO, "not a regular file");
    ck_assert_int_eq(rmdir(path), 0);
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    check_rejected(HG_IO, "not a regular file");
}
END_TEST

/* ---- damaged numbers ---- */

START_TEST(numbers_that_are_not_finite_are_rejected_by_name_and_place)
{
    static const char f32[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}";
    write_parts(sizeof f32 - 1, f32, "\0\0\0\0\0\0\0\0\0\0\xc0\x7f", 12);
    check_message(read_all(), HG_BAD_FILE, "\"w\": element 2 is nan");
    write_parts(sizeof f32 - 1, f32, "\0\0\0\0\0\0\x80\xff\0\0\0\0", 12);
    check_message(read_all(), HG_BAD_FILE, "\"w\": element 1 is -inf");
#ifndef HINGE_DOUBLE
    static const char f64[] = "{\"w\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
    const double large = 1e300;
    write_parts(sizeof f64 - 1, f64, &large, sizeof large);
    check_message(read_all(), HG_BAD_FILE, "element 0 is 1e+300; weights must be finite 32-bit numbers");
#endif
    hg_real values[] = { 0, (hg_real)NAN };
    hg_parameter parameter = { .name = "w", .shape = { 1, { 2 } }, .count = 2, .values = values };
    unlink(path);
    check_message(safetensors_write(path, &parameter, 1, NULL, 0, &error), HG_NOT_FINITE, "element 1 of w is nan");
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

/* Both change the file in place: writing it anew each time can cost a disk access. */
START_TEST(a_file_cut_off_anywhere_is_rejected)
{
    unsigned char bytes[MAX_FILE];
    ck_assert_int_eq(write_example(), HG_OK);
    const size_t size = read_bytes(bytes);
    for (size_t kept = size; kept-- > 0;) {
        ck_assert_int_eq(truncate(path, (off_t)kept), 0);
        ck_assert_msg(read_all() == HG_BAD_FILE, "cut off at %zu of %zu", kept, size);
    }
}
END_TEST

START_TEST(no_flipped_bit_does_harm)
{
    unsigned char bytes[MAX_FILE];
    ck_assert_int_eq(write_example(), HG_OK);
    const size_t size = read_bytes(bytes);
    const int descriptor = open(path, O_WRONLY);
    ck_assert_int_ge(descriptor, 0);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        const off_t place = (off_t)(bit / 8);
        const unsigned char flipped = (unsigned char)(bytes[bit / 8] ^ 1u << bit % 8);
        ck_assert_int_eq(pwrite(descriptor, &flipped, 1, place), 1);
        const hg_status status = read_all();
        ck_assert_msg(status == HG_OK || status == HG_BAD_FILE, "bit %zu: %s", bit, error.message);
        ck_assert_int_eq(pwrite(descriptor, &bytes[bit / 8], 1, place), 1);
    }
    close(descriptor);
}
END_TEST

/* ---- no memory ---- */

typedef struct meter {
    int left;        /* allocations until one fails */
    int outstanding; /* not released yet */
} meter;

static void *metered_allocate(size_t size, void *context)
{
    meter *m = context;
    if (m->left-- == 0)
        return NULL;
    m->outstanding++;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void metered_release(void *memory, void *context)
{
    ((meter *)context)->outstanding--;
    free(memory);
}

/* Lets each allocation of `operation` fail, until it needs no more. */
static void check_without_memory(hg_status (*operation)(void), int at_least)
{
    meter m = { 0, 0 };
    int failures = 0;
    hg_set_allocator(&(hg_allocator){ metered_allocate, metered_release, &m });
    for (;; failures++) {
        m.left = failures;
        const hg_status status = operation();
        ck_assert_int_eq(m.outstanding, 0);
        if (status == HG_OK)
            break;
        ck_assert_msg(status == HG_NO_MEMORY, "%s", error.message);
    }
    hg_set_allocator(NULL);
    ck_assert_int_ge(failures, at_least);
}

START_TEST(a_lack_of_memory_is_an_error_and_no_leak)
{
    check_without_memory(write_example, 2);
    check_without_memory(read_all, 4);
}
END_TEST

Suite *safetensors_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    tcase_add_checked_fixture(tests, open_folder, close_folder);
    tcase_add_test(tests, what_is_written_is_read_bit_for_bit);
    tcase_add_test(tests, the_layout_is_that_of_the_reference_implementation);
    tcase_add_test(tests, tensors_longer_than_a_chunk_are_whole);
    tcase_add_test(tests, every_known_dtype_is_converted);
    tcase_add_loop_test(tests, a_damaged_header_is_rejected, 0, HG_COUNT(damaged));
    tcase_add_test(tests, a_header_of_a_wrong_length_is_rejected);
    tcase_add_test(tests, files_that_cannot_be_read_are_rejected);
    tcase_add_test(tests, numbers_that_are_not_finite_are_rejected_by_name_and_place);
    tcase_add_test(tests, a_file_cut_off_anywhere_is_rejected);
    tcase_add_test(tests, no_flipped_bit_does_harm);
    tcase_add_test(tests, a_lack_of_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
