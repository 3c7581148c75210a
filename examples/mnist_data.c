/* Finding the images. */
#include <stdlib.h>

#include "mnist_data.h"
#include "mnist_download.h"
#include "mnist_text.h"

enum { PATH_LENGTH = 4096 };

/* As many as MNIST has, of two seeds that are the same for everybody. */
enum { TRAINING_IMAGES = 60000, TEST_IMAGES = 10000, TRAINING_SEED = 1, TEST_SEED = 2 };

void mnist_data_close(mnist_data *data)
{
    hg_dataset_destroy(data->training);
    hg_dataset_destroy(data->validation);
    hg_dataset_destroy(data->test);
    hg_dataset_destroy(data->whole);
    *data = (mnist_data){ .training = NULL };
}

static void note(const mnist_data *data, const char *source, FILE *notes)
{
    char training[MNIST_NUMBER_LENGTH], test[MNIST_NUMBER_LENGTH];
    mnist_text_count(test, (double)data->test->count);
    if (data->training)
        mnist_text_line(notes, "data: %s, %s training and %s test images", source,
                        mnist_text_count(training, (double)data->training->count), test);
    else
        mnist_text_line(notes, "data: %s, %s test images", source, test);
    if (notes)
        fflush(notes);
}

/* Takes what both openers made; all or nothing. */
static hg_status take(mnist_data *data, hg_dataset *training, hg_dataset *test, bool want_training, hg_error *why,
                      hg_error *error)
{
    *data = (mnist_data){ .training = training, .test = test };
    if (test && (training || !want_training))
        return HG_OK;
    mnist_data_close(data);
    return hg_fail(error, why->status, "%s", why->message);
}

static hg_status open_folder(mnist_data *data, const char *folder, bool want_training, hg_error *error)
{
    hg_error why = { .status = HG_IO };
    hg_dataset *training = want_training ? hg_mnist_open(folder, HG_MNIST_TRAINING, &why) : NULL;
    hg_dataset *test = training || !want_training ? hg_mnist_open(folder, HG_MNIST_TEST, &why) : NULL;
    return take(data, training, test, want_training, &why, error);
}

static hg_status draw(mnist_data *data, int threads, bool want_training, hg_error *error)
{
    hg_error why = { .status = HG_NO_MEMORY };
    hg_dataset *test = hg_synthetic_digits(TEST_IMAGES, TEST_SEED, threads, &why);
    hg_dataset *training =
        test && want_training ? hg_synthetic_digits(TRAINING_IMAGES, TRAINING_SEED, threads, &why) : NULL;
    hg_status status = take(data, training, test, want_training, &why, error);
    data->synthetic = status == HG_OK;
    return status;
}

static hg_status find_cache(char folder[PATH_LENGTH], hg_error *error)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int length;
    /* the XDG specification: a relative path is to be ignored */
    if (cache && cache[0] == '/')
        length = snprintf(folder, PATH_LENGTH, "%s/hinge/mnist", cache);
    else if (home && home[0] == '/')
        length = snprintf(folder, PATH_LENGTH, "%s/.cache/hinge/mnist", home);
    else
        return hg_fail(error, HG_IO, "no cache folder, as HOME and XDG_CACHE_HOME are not set");
    if (length >= PATH_LENGTH)
        return hg_fail(error, HG_IO, "the path of the cache folder is too long");
    return HG_OK;
}

/* The cache's files, after a download of those that are not there, and after one
 * more of those that turn out to be damaged. */
static hg_status open_cache(mnist_data *data, const char *folder, bool want_training, FILE *notes, hg_error *error)
{
    if (!mnist_download_complete(folder)) {
        hg_status status = mnist_download(folder, false, notes, error);
        if (status != HG_OK)
            return status;
    }
    hg_error damage;
    hg_status status = open_folder(data, folder, want_training, &damage);
    if (status == HG_OK)
        return status;
    if (status == HG_NO_MEMORY)
        return hg_fail(error, status, "%s", damage.message);
    mnist_text_line(stderr, "mnist: damaged data in the cache: %s", damage.message);
    status = mnist_download(folder, true, notes, error);
    return status == HG_OK ? open_folder(data, folder, want_training, error) : status;
}

/* What --data or HINGE_DATA names: *asked is NULL where neither does. */
static hg_status find_asked(const mnist_options *options, char folder[PATH_LENGTH], const char **asked, hg_error *error)
{
    const char *root = getenv("HINGE_DATA");
    *asked = options->data;
    if (options->data || !root || root[0] == '\0')
        return HG_OK;
    if (snprintf(folder, PATH_LENGTH, "%s/mnist", root) >= PATH_LENGTH)
        return hg_fail(error, HG_IO, "the path in HINGE_DATA is too long");
    *asked = folder;
    return HG_OK;
}

static hg_status open_drawn(mnist_data *data, const mnist_options *options, const char *source, FILE *notes,
                            hg_error *error)
{
    hg_status status = draw(data, options->threads, options->command == MNIST_TRAIN, error);
    if (status == HG_OK)
        note(data, source, notes);
    return status;
}

static hg_status find_images(mnist_data *data, const mnist_options *options, FILE *notes, hg_error *error)
{
    *data = (mnist_data){ .training = NULL };
    if (options->synthetic)
        return open_drawn(data, options, "synthetic digits", notes, error);
    bool want_training = options->command == MNIST_TRAIN;
    char folder[PATH_LENGTH];
    const char *asked;
    hg_status status = find_asked(options, folder, &asked, error);
    if (status == HG_OK && asked)
        status = open_folder(data, asked, want_training, error);
    if (status != HG_OK)
        return status;
    if (asked) {
        note(data, asked, notes);
        return HG_OK;
    }
    hg_error why;
    status = find_cache(folder, &why);
    if (status == HG_OK)
        status = open_cache(data, folder, want_training, notes, &why);
    if (status == HG_OK) {
        note(data, folder, notes);
        return HG_OK;
    }
    mnist_text_line(notes, "no MNIST: %s", why.message);
    return open_drawn(data, options, "synthetic digits, not MNIST", notes, error);
}

static hg_status hold_back(mnist_data *data, const mnist_options *options, FILE *notes, hg_error *error)
{
    char part[MNIST_NUMBER_LENGTH], all[MNIST_NUMBER_LENGTH];
    hg_error why;
    hg_dataset *rest, *validation;
    const hg_status status =
        hg_dataset_split(data->training, options->validation, options->seed, &rest, &validation, &why);
    if (status != HG_OK)
        return hg_fail(error, status, "--validation: %s", why.message);
    data->whole = data->training;
    data->training = rest;
    data->validation = validation;
    mnist_text_line(notes, "validation: %s of the %s training images",
                    mnist_text_count(part, (double)validation->count),
                    mnist_text_count(all, (double)data->whole->count));
    return HG_OK;
}

hg_status mnist_data_open(mnist_data *data, const mnist_options *options, FILE *notes, hg_error *error)
{
    const hg_status status = find_images(data, options, notes, error);
    return status == HG_OK && options->validation > 0 ? hold_back(data, options, notes, error) : status;
}
