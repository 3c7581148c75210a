/* See samples.h. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "samples.h"

/* ---- data ---- */

static size_t pixels_of(hg_shape shape)
{
    return (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
}

static hg_status read_sample(const hg_dataset *dataset, size_t index, float *image, int *label, hg_error *error)
{
    const samples *samples = dataset->context;
    const size_t pixels = pixels_of(dataset->shape);
    atomic_fetch_add(&samples->reads[index], 1);
    for (size_t i = 0; i < pixels; i++)
        image[i] = (float)samples->bytes.pixels[index * pixels + i] / 255.0f;
    *label = samples->bytes.labels[index];
    if (index < samples->fault_from)
        return HG_OK;
    switch (samples->fault) {
    case SAMPLES_WHOLE:
        break;
    case SAMPLES_FAIL:
        return hg_fail(error, HG_IO, "sample %zu is torn", index);
    case SAMPLES_FAIL_MUTELY:
        return HG_IO;
    case SAMPLES_LABEL_HIGH:
        *label = dataset->classes;
        break;
    case SAMPLES_LABEL_NEGATIVE:
        *label = -1;
        break;
    case SAMPLES_NAN:
        image[pixels / 2] = NAN;
        break;
    }
    return HG_OK;
}

void samples_open(samples *samples, size_t count, hg_shape shape, int classes, uint64_t seed)
{
    const size_t pixels = pixels_of(shape);
    unsigned char *pixel = calloc(count * pixels + 1, 1), *label = calloc(count + 1, 1);
    ck_assert(pixel && label);
    hg_random random = hg_random_stream(seed, HG_FOR_USER, 0, 0);
    for (size_t i = 0; i < count; i++) {
        label[i] = (unsigned char)hg_random_below(&random, (uint32_t)classes);
        for (size_t p = 0; p < pixels; p++)
            pixel[i * pixels + p] = (unsigned char)hg_random_below(&random, 256);
    }
    *samples = (struct samples){ .reads = calloc(count + 1, sizeof *samples->reads) };
    ck_assert_ptr_nonnull(samples->reads);
    samples->bytes =
        (hg_dataset){ .count = count, .shape = shape, .classes = classes, .pixels = pixel, .labels = label };
    samples->dataset =
        (hg_dataset){ .count = count, .shape = shape, .classes = classes, .read = read_sample, .context = samples };
}

void samples_close(samples *samples)
{
    free((void *)samples->bytes.pixels);
    free((void *)samples->bytes.labels);
    free(samples->reads);
}

void samples_copy(const samples *samples, hg_real **images, int **labels)
{
    const size_t count = samples->bytes.count, units = pixels_of(samples->bytes.shape);
    *images = calloc(count * units, sizeof **images);
    *labels = calloc(count, sizeof **labels);
    ck_assert(*images && *labels);
    for (size_t i = 0; i < count * units; i++)
        (*images)[i] = (hg_real)samples->bytes.pixels[i] / 255;
    for (size_t i = 0; i < count; i++)
        (*labels)[i] = samples->bytes.labels[i];
}

/* ---- networks ---- */

hg_network *small_network(hg_layer activation, int threads)
{
    const hg_layer layers[] = {
        hg_image_input(SMALL_SIDE, SMALL_SIDE), hg_conv2d(3, 5), activation,         hg_max_pool2d(2),
        hg_fully_connected(SMALL_CLASSES),      hg_softmax(),    hg_classification()
    };
    hg_error error;
    hg_network *network = hg_network_create(layers, HG_COUNT(layers), &error);
    if (!network)
        ck_abort_msg("%s", error.message);
    ck_assert_int_eq(hg_network_set_threads(network, threads, NULL), HG_OK);
    return network;
}

hg_real *copy_parameters(hg_network *network, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < hg_network_parameter_count(network); i++)
        *count += hg_network_parameter(network, i).count;
    hg_real *values = calloc(*count + 1, sizeof *values);
    ck_assert_ptr_nonnull(values);
    size_t next = 0;
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        memcpy(values + next, parameter.values, parameter.count * sizeof *values);
        next += parameter.count;
    }
    return values;
}

void assert_same_parameters(hg_network *a, hg_network *b)
{
    ck_assert_uint_eq(hg_network_parameter_count(a), hg_network_parameter_count(b));
    for (size_t i = 0; i < hg_network_parameter_count(a); i++) {
        const hg_parameter p = hg_network_parameter(a, i), q = hg_network_parameter(b, i);
        ck_assert_uint_eq(p.count, q.count);
        for (size_t k = 0; k < p.count; k++)
            if (memcmp(&p.values[k], &q.values[k], sizeof *p.values) != 0)
                ck_abort_msg("%s[%zu]: %.9g and %.9g", p.name, k, (double)p.values[k], (double)q.values[k]);
    }
}

void randomize_parameters(hg_network *network, double scale, uint64_t seed)
{
    hg_random random = hg_random_stream(seed, HG_FOR_USER, 1, 0);
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        for (size_t k = 0; k < parameter.count && parameter.gradients; k++)
            parameter.values[k] = (hg_real)(scale * (2 * hg_random_uniform(&random) - 1));
    }
}

/* ---- the allocator ---- */

static struct {
    long left, outstanding;
} failing;

static void *failing_allocate(size_t size, void *context)
{
    (void)context;
    if (failing.left == 0)
        return NULL;
    failing.left -= failing.left > 0;
    failing.outstanding++;
    return aligned_alloc(HG_ALIGNMENT, size);
}

static void failing_release(void *memory, void *context)
{
    (void)context;
    failing.outstanding--;
    free(memory);
}

void failing_allocator_allow(long allocations)
{
    failing.left = allocations;
}

void failing_allocator_install(void)
{
    failing.left = -1;
    failing.outstanding = 0;
    hg_set_allocator(&(hg_allocator){ failing_allocate, failing_release, NULL });
}

long failing_allocator_outstanding(void)
{
    return failing.outstanding;
}

void failing_allocator_remove(void)
{
    hg_set_allocator(NULL);
}
