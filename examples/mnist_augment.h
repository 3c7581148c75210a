/* How strongly the training images are changed. */
#ifndef MNIST_AUGMENT_H
#define MNIST_AUGMENT_H

#include <stdio.h>

#include <hinge/hinge.h>

typedef enum mnist_strength { MNIST_NONE, MNIST_LIGHT, MNIST_STRONG } mnist_strength;

/* What the command line calls them, NULL at the end. */
extern const char *const mnist_strength_words[];

hg_augmentation mnist_augment(mnist_strength strength);

/* One line that says what is changed; nothing with MNIST_NONE or without a stream. */
void mnist_augment_describe(mnist_strength strength, FILE *stream);

#endif
