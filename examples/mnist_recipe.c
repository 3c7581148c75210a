/* See mnist_recipe.h. Found with a part of the training set held back, never with the test set. */
#include "mnist_recipe.h"

static const mnist_recipe_line plain[] = { { NULL, NULL } };

static const mnist_recipe_line fast99[] = {
    { "epochs", "5" },        { "batch", "64" },    { "lr", "0.1" }, { "weight-decay", "0.0001" },
    { "schedule", "cosine" }, { "warmup", "0.25" }, { NULL, NULL },
};

static const mnist_recipe_line improved[] = {
    { "activation", "relu-softsign" },
    { "augment", "light" },
    { "epochs", "24" },
    { "batch", "64" },
    { "lr", "0.05" },
    { "schedule", "cosine" },
    { "warmup", "1" },
    { "weight-decay", "0.0005" },
    { "average", "ema" },
    { NULL, NULL },
};

const mnist_recipe_line *mnist_recipe(mnist_network network)
{
    return network == MNIST_FAST99 ? fast99 : network == MNIST_IMPROVED ? improved : plain;
}
