/* probabilities MODEL COUNT PREFIX [MNIST-FOLDER]: writes test images to PREFIX.images, of synthetic digits without
 * a folder, and what the model makes of them to PREFIX.probabilities, both as floats. */
#include <hinge/hinge.h>
#include <stdio.h>
#include <stdlib.h>

static const double PIXEL_RANGE = 255;

static int write_floats(const char *prefix, const char *ending, const float *values, size_t count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", prefix, ending);
    FILE *file = fopen(path, "wb");
    const int good = file && fwrite(values, sizeof *values, count, file) == count;
    return file && fclose(file) == 0 && good;
}

int main(int argc, char **argv)
{
    hg_error error = { .message = "probabilities MODEL COUNT PREFIX [MNIST-FOLDER]" };
    const size_t most = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
    hg_network *network = most ? hg_network_load(argv[1], &error) : NULL;
    hg_dataset *digits = !network   ? NULL
                         : argc > 4 ? hg_mnist_open(argv[4], HG_MNIST_TEST, &error)
                                    : hg_synthetic_digits(most, 1, 0, &error);
    if (!digits) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    const size_t count = most < digits->count ? most : digits->count;
    const size_t pixels = count * (size_t)digits->shape.height * (size_t)digits->shape.width;
    const size_t numbers = count * (size_t)hg_network_classes(network);
    float *images = malloc(pixels * sizeof *images), *probabilities = malloc(numbers * sizeof *probabilities);
    for (size_t i = 0; i < pixels; i++)
        images[i] = (float)(digits->pixels[i] / PIXEL_RANGE);
    const int good = hg_network_predict(network, images, count, probabilities, &error) == HG_OK &&
                     write_floats(argv[3], "images", images, pixels) &&
                     write_floats(argv[3], "probabilities", probabilities, numbers);
    free(probabilities);
    free(images);
    hg_dataset_destroy(digits);
    hg_network_destroy(network);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
