/* See mnist_guesses.h. Of equally confident mistakes the first image stands first. */
#include "mnist_guesses.h"

enum { CHUNK = 512 /* images */ };

static void keep(mnist_guesses *guesses, mnist_mistake mistake)
{
    size_t place = guesses->mistakes;
    while (place > 0 && guesses->mistake[place - 1].probability < mistake.probability)
        place--;
    if (place == MNIST_MOST_MISTAKES)
        return;
    if (guesses->mistakes < MNIST_MOST_MISTAKES)
        guesses->mistakes++;
    for (size_t i = guesses->mistakes - 1; i > place; i--)
        guesses->mistake[i] = guesses->mistake[i - 1];
    guesses->mistake[place] = mistake;
}

static void count(mnist_guesses *guesses, const float *probability, size_t index, int truth)
{
    int guess = 0;
    for (int k = 1; k < (int)guesses->classes; k++)
        if (probability[k] > probability[guess])
            guess = k;
    guesses->count[(size_t)truth * guesses->classes + (size_t)guess]++;
    guesses->images++;
    if (guess == truth)
        guesses->right++;
    else
        keep(guesses, (mnist_mistake){ index, truth, guess, probability[guess], probability[truth] });
}

static hg_status look(mnist_guesses *guesses, hg_network *network, const hg_dataset *dataset, float *images,
                      float *probabilities, hg_error *error)
{
    const hg_shape shape = dataset->shape;
    const size_t pixels = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    int labels[CHUNK];
    hg_status status = HG_OK;
    for (size_t begin = 0; begin < dataset->count && status == HG_OK; begin += CHUNK) {
        const size_t left = dataset->count - begin, size = left < CHUNK ? left : CHUNK;
        for (size_t i = 0; i < size && status == HG_OK; i++)
            status = dataset->read(dataset, begin + i, images + i * pixels, &labels[i], error);
        if (status == HG_OK)
            status = hg_network_predict(network, images, size, probabilities, error);
        for (size_t i = 0; i < size && status == HG_OK; i++)
            count(guesses, probabilities + i * guesses->classes, begin + i, labels[i]);
    }
    return status;
}

hg_status mnist_guesses_look(mnist_guesses *guesses, hg_network *network, const hg_dataset *dataset, hg_error *error)
{
    const size_t classes = (size_t)hg_network_classes(network);
    const hg_shape shape = dataset->shape, input = hg_network_input_shape(network);
    if (shape.channels != input.channels || shape.height != input.height || shape.width != input.width ||
        dataset->classes > (int)classes)
        return hg_fail(error, HG_BAD_DATA, "--report: the test images are not what the network takes");
    mnist_guesses now = { .classes = classes, .count = hg_allocate(classes * classes, sizeof *now.count) };
    float *images = hg_allocate((size_t)CHUNK * (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width,
                                sizeof *images);
    float *probabilities = hg_allocate(CHUNK * classes, sizeof *probabilities);
    hg_status status = now.count && images && probabilities
                           ? look(&now, network, dataset, images, probabilities, error)
                           : hg_fail(error, HG_NO_MEMORY, "--report: no memory to look at the test images");
    if (status == HG_OK) {
        const mnist_guesses before = *guesses;
        *guesses = now;
        now = before;
    }
    mnist_guesses_end(&now);
    hg_release(images);
    hg_release(probabilities);
    return status;
}

void mnist_guesses_end(mnist_guesses *guesses)
{
    hg_release(guesses->count);
    guesses->count = NULL;
}
