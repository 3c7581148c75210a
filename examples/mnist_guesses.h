/* What a network takes the test images for. */
#ifndef MNIST_GUESSES_H
#define MNIST_GUESSES_H

#include <hinge/hinge.h>

enum { MNIST_MOST_MISTAKES = 24 };

typedef struct mnist_mistake {
    size_t index; /* of the image */
    int truth, guess;
    float probability, truth_probability; /* of the guess, of the truth */
} mnist_mistake;

typedef struct mnist_guesses {
    size_t classes;
    size_t *count; /* [classes][classes]: truth, guess */
    size_t images, right;
    mnist_mistake mistake[MNIST_MOST_MISTAKES]; /* the most confident first */
    size_t mistakes;                            /* kept */
} mnist_guesses;

/* One pass over all images, in memory for a few hundred of them. Into zeroes, or a look before. On
 * failure *guesses is as it was. */
hg_status mnist_guesses_look(mnist_guesses *guesses, hg_network *network, const hg_dataset *dataset, hg_error *error);
void mnist_guesses_end(mnist_guesses *guesses);

#endif
