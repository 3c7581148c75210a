/* The safetensors format: what is written and what is read. */
#include <stdlib.h>
#include <string.h>

#include "tensor_files.h"

Suite *safetensors_suite(void);

enum { MANY = 5000 };

START_TEST(what_is_written_is_read_bit_for_bit)
{
    safetensors file;
    hg_real values[HG_COUNT(tensor_file_image)];
    ck_assert_int_eq(tensor_file_write_example(), HG_OK);
    ck_assert_int_eq(safetensors_open(&file, model_path, &model_error), HG_OK);
    ck_assert_uint_eq(file.count, 2);
    ck_assert_uint_eq(file.data_begin % SAFETENSORS_ALIGNMENT, 0);
    ck_assert_str_eq(safetensors_metadata(&file, "format"), "pt");
    ck_assert_str_eq(safetensors_metadata(&file, "text"), "{\"a\":\n1}");
    ck_assert_ptr_null(safetensors_metadata(&file, "Format"));
    ck_assert_ptr_null(safetensors_find(&file, "b"));
    const safetensors_tensor *tensor = safetensors_find(&file, "z \"quoted\"");
    char text[SAFETENSORS_SHAPE_LENGTH];
    ck_assert_str_eq(safetensors_shape_text(&tensor->shape, text), "[1, 2, 1, 3]");
    ck_assert_int_eq(safetensors_read(&file, tensor, values, &model_error), HG_OK);
    ck_assert_mem_eq(values, tensor_file_image, sizeof tensor_file_image);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "a"), values, &model_error), HG_OK);
    ck_assert_mem_eq(values, tensor_file_scalar, sizeof tensor_file_scalar);
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
    unsigned char bytes[TENSOR_FILE_SIZE];
    ck_assert_int_eq(
        safetensors_write(model_path, parameters, 2, &(safetensors_note){ "format", "pt" }, 1, &model_error), HG_OK);
    ck_assert_uint_eq(scratch_read(model_path, bytes, TENSOR_FILE_SIZE), sizeof expected - 1);
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
    ck_assert_int_eq(safetensors_write(model_path, &parameter, 1, NULL, 0, &model_error), HG_OK);
    ck_assert_int_eq(safetensors_open(&file, model_path, &model_error), HG_OK);
    ck_assert_int_eq(safetensors_read(&file, file.tensors, back, &model_error), HG_OK);
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
    tensor_file_write_parts(sizeof header - 1, header, data, sizeof data - 1);
    ck_assert_msg(safetensors_open(&file, model_path, &model_error) == HG_OK, "%s", model_error.message);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "f64"), values, &model_error), HG_OK);
    ck_assert(values[0] == (hg_real)-1.5);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "bf16"), values, &model_error), HG_OK);
    ck_assert(values[0] == (hg_real)-3);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "f32"), values, &model_error), HG_OK);
    ck_assert(values[0] == (hg_real)10);
    ck_assert_int_eq(safetensors_read(&file, safetensors_find(&file, "f16"), values, &model_error), HG_OK);
    for (size_t i = 0; i < HG_COUNT(f16); i++)
        ck_assert(values[i] == (hg_real)f16[i]);
    safetensors_close(&file);
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
        ck_assert_msg(status == HG_NO_MEMORY, "%s", model_error.message);
    }
    hg_set_allocator(NULL);
    ck_assert_int_ge(failures, at_least);
}

START_TEST(a_lack_of_memory_is_an_error_and_no_leak)
{
    check_without_memory(tensor_file_write_example, 2);
    check_without_memory(tensor_file_read_all, 4);
}
END_TEST

Suite *safetensors_suite(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *tests = tcase_create("safetensors");
    model_file_add(tests);
    tcase_add_test(tests, what_is_written_is_read_bit_for_bit);
    tcase_add_test(tests, the_layout_is_that_of_the_reference_implementation);
    tcase_add_test(tests, tensors_longer_than_a_chunk_are_whole);
    tcase_add_test(tests, every_known_dtype_is_converted);
    tcase_add_test(tests, a_lack_of_memory_is_an_error_and_no_leak);
    suite_add_tcase(suite, tests);
    return suite;
}
