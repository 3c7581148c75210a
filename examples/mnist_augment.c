/* See mnist_augment.h. Digits stay readable: they have a margin of four pixels, and 6 and
 * 9 are half a turn apart. */
#include "mnist_augment.h"
#include "mnist_text.h"

const char *const mnist_strength_words[] = { "none", "light", "strong", NULL };

static const hg_augmentation strengths[] = {
    [MNIST_NONE] = { .shift = 0 },
    [MNIST_LIGHT] = { .shift = 1, .rotation = 10, .scale = 0.1, .shear = 0.1 },
    [MNIST_STRONG] = { .shift = 2, .rotation = 15, .scale = 0.15, .shear = 0.15, .elastic = 1 },
};

hg_augmentation mnist_augment(mnist_strength strength)
{
    return strengths[strength];
}

void mnist_augment_describe(mnist_strength strength, FILE *stream)
{
    const hg_augmentation *a = &strengths[strength];
    char elastic[MNIST_WIDTH] = "";
    if (strength == MNIST_NONE)
        return;
    if (a->elastic > 0)
        snprintf(elastic, sizeof elastic, ", elastic %g pixels", a->elastic);
    mnist_text_line(stream, "augmentation: shift %g pixels, rotation %g degrees, scale %g, shear %g%s", a->shift,
                    a->rotation, a->scale, a->shear, elastic);
}
