/* The first training images: files are read whole, digits are drawn as needed. */
#include "dying_relu_data.h"
#include "mnist_text.h"

/* Of the drawn digits, the same as examples/mnist draws. */
enum { TRAINING_SEED = 1, TEST_SEED = 2, MOST_TEST_IMAGES = 10000 };

void data_close(data *data)
{
    mnist_data_close(&data->whole);
}

static hg_status draw(data *data, const options *options, hg_error *error)
{
    const size_t images = (size_t)options->images;
    data->whole.synthetic = true;
    data->whole.training = hg_synthetic_digits(images, TRAINING_SEED, options->threads, error);
    if (data->whole.training)
        data->whole.test = hg_synthetic_digits(images < MOST_TEST_IMAGES ? images : MOST_TEST_IMAGES, TEST_SEED,
                                               options->threads, error);
    if (!data->whole.test)
        return HG_NO_MEMORY;
    mnist_text_line(stdout, "data: synthetic digits, not MNIST");
    return HG_OK;
}

static hg_dataset first(const hg_dataset *whole, int images)
{
    hg_dataset part = *whole;
    if (part.count > (size_t)images)
        part.count = (size_t)images;
    part.destroy = NULL;
    return part;
}

hg_status data_open(data *data, const options *options, hg_error *error)
{
    const mnist_options where = { .command = MNIST_TRAIN, .data = options->data, .threads = options->threads };
    const hg_status status =
        options->synthetic ? draw(data, options, error) : mnist_data_open(&data->whole, &where, stdout, error);
    if (status != HG_OK)
        return status;
    data->training = first(data->whole.training, options->images);
    return HG_OK;
}
