/* How each network is trained unless the command line says otherwise. */
#ifndef MNIST_RECIPE_H
#define MNIST_RECIPE_H

#include "mnist_network.h"

/* An option by name, and its value as the command line would give it. */
typedef struct mnist_recipe_line {
    const char *option, *value;
} mnist_recipe_line;

/* The lines that differ from the program's defaults; the last has no option. */
const mnist_recipe_line *mnist_recipe(mnist_network network);

#endif
