/* Two views of one data set, each with about its share of the images, drawn at random. */
#include <inttypes.h>
#include <math.h>

#include <hinge/datasets.h>

static hg_status read_view(const hg_dataset *view, size_t index, float *image, int *label, hg_error *error)
{
    if (index >= view->count)
        return hg_fail(error, HG_BAD_ARGUMENT, "image %zu of a data set of %zu: the last one is %zu", index,
                       view->count, view->count - 1);
    const hg_dataset *whole = view->whole;
    const size_t place = view->index[index];
    if (whole->read)
        return whole->read(whole, place, image, label, error);
    const float white = 255;
    const size_t size = (size_t)whole->shape.channels * (size_t)whole->shape.height * (size_t)whole->shape.width;
    for (size_t i = 0; i < size; i++)
        image[i] = (float)whole->pixels[place * size + i] / white;
    *label = whole->labels[place];
    return HG_OK;
}

static void destroy_view(hg_dataset *view)
{
    hg_release((void *)view->index);
    hg_release(view);
}

/* The images whose mark is `wanted`, in their order; NULL without memory. */
static hg_dataset *view_of(const hg_dataset *dataset, size_t count, const unsigned char *mark, unsigned char wanted)
{
    hg_dataset *view = hg_allocate(1, sizeof *view);
    uint32_t *index = hg_allocate(count, sizeof *index);
    if (!view || !index) {
        hg_release(view);
        hg_release(index);
        return NULL;
    }
    size_t next = 0;
    for (uint32_t i = 0; i < dataset->count; i++)
        if (mark[i] == wanted)
            index[next++] = dataset->whole ? dataset->index[i] : i;
    *view = (hg_dataset){ .count = count,
                          .shape = dataset->shape,
                          .classes = dataset->classes,
                          .class_names = dataset->class_names,
                          .read = read_view,
                          .whole = dataset->whole ? dataset->whole : dataset,
                          .index = index,
                          .destroy = destroy_view };
    return view;
}

/* Sets `chosen` of the marks, any choice being as likely as another (Knuth, TAOCP 2, 3.4.2, algorithm S). */
static void choose(unsigned char *mark, size_t count, size_t chosen, uint64_t seed)
{
    hg_random random = hg_random_stream(seed, HG_FOR_SHUFFLE, 0, 0); /* epochs count from 1 */
    for (size_t i = 0; i < count; i++)
        if (hg_random_below(&random, (uint32_t)(count - i)) < chosen) {
            mark[i] = 1;
            chosen--;
        }
}

hg_status hg_dataset_split(const hg_dataset *dataset, double share, uint64_t seed, hg_dataset **rest, hg_dataset **part,
                           hg_error *error)
{
    const size_t count = dataset->count;
    if (!(share > 0 && share < 1))
        return hg_fail(error, HG_BAD_ARGUMENT, "a split of %g: the second part's share lies between 0 and 1", share);
    if (count > UINT32_MAX)
        return hg_fail(error, HG_BAD_DATA, "the data set has %zu samples; it may have 1 to %" PRIu32, count,
                       UINT32_MAX);
    const size_t chosen = (size_t)llround(share * (double)count);
    if (chosen == 0 || chosen >= count)
        return hg_fail(error, HG_BAD_ARGUMENT,
                       "a split of %g: that is %zu of %zu samples; each part must have one at least", share, chosen,
                       count);
    unsigned char *mark = hg_allocate(count, 1);
    if (mark)
        choose(mark, count, chosen, seed);
    hg_dataset *first = mark ? view_of(dataset, count - chosen, mark, 0) : NULL;
    hg_dataset *second = first ? view_of(dataset, chosen, mark, 1) : NULL;
    hg_release(mark);
    if (!second) {
        hg_dataset_destroy(first);
        return hg_fail(error, HG_NO_MEMORY, "no memory to split %zu samples", count);
    }
    *rest = first;
    *part = second;
    return HG_OK;
}
