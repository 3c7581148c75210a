/* Learns to tell the pictures in folders apart, and then what other pictures show. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "classify_model.h"
#include "classify_options.h"
#include "classify_predict.h"
#include "classify_report.h"
#include "mnist_dead_units.h"

enum { EXIT_USAGE = 2, SKIPS_SHOWN = 10, LEAST_CLASSES = 2 };

/* ---- the pictures ---- */

static void on_skip(const char *path, const char *why, void *context)
{
    size_t *skips = context;
    if (++*skips <= SKIPS_SHOWN)
        fprintf(stderr, "classify: passed over: %s: %s\n", path, why);
}

static hg_dataset *open_part(const classify_options *options, const hg_image_folder_options *wanted, size_t *skips,
                             hg_error *error)
{
    hg_image_folder_options folder = *wanted;
    folder.strict = options->strict;
    folder.threads = options->threads;
    folder.on_skip = on_skip;
    folder.context = skips;
    return hg_image_folder_open(options->folder, &folder, error);
}

static void count_skips(size_t skips)
{
    if (skips > SKIPS_SHOWN)
        fprintf(stderr, "classify: passed over: %zu more\n", skips - SKIPS_SHOWN);
}

/* ---- train ---- */

/* Asked before the training that the file is to keep. */
static hg_status check_save(const char *path, hg_error *error)
{
    enum { PATH_LENGTH = 4096 };
    char folder[PATH_LENGTH];
    struct stat status;
    const char *slash = strrchr(path, '/');
    const int length = slash ? (int)(slash - path) + 1 : 0;
    if (length >= PATH_LENGTH)
        return hg_fail(error, HG_IO, "--save: the path %.100s... is too long", path);
    snprintf(folder, sizeof folder, "%.*s", length, length ? path : "");
    if ((slash && slash[1] == '\0') || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
        return hg_fail(error, HG_IO, "--save: %s is a folder; give a file in it", path);
    if (access(length ? folder : ".", W_OK) != 0)
        return hg_fail(error, HG_IO, "--save: cannot make a file in %s: %s", length ? folder : "this folder",
                       strerror(errno));
    return HG_OK;
}

static bool on_epoch(const hg_epoch_report *report, void *context)
{
    (void)context;
    printf("%5d     %7.4f     %6.2f %%     %7.4f     %6.2f %%   %7.2f%s\n", report->epoch, report->train_loss,
           100 * report->train_accuracy, report->validation.loss, 100 * report->validation.accuracy,
           report->train_seconds, report->best_epoch == report->epoch ? "   best" : "");
    fflush(stdout);
    return !ferror(stdout);
}

static hg_status train_model(const classify_options *options, const classify_model *model, const hg_dataset *training,
                             const hg_dataset *validation, hg_error *error)
{
    hg_status status = hg_network_set_threads(model->network, options->threads, error);
    if (status != HG_OK)
        return status;
    hg_network_initialize(model->network, options->seed);
    hg_network_describe(model->network, stdout);
    puts("epoch  train loss     accuracy  valid. loss     accuracy   seconds");
    status = hg_network_train(model->network, training,
                              &(hg_train_options){ .optimizer = hg_adam(options->learning_rate),
                                                   .schedule = hg_cosine(),
                                                   .epochs = options->epochs,
                                                   .batch = options->batch,
                                                   .seed = options->seed,
                                                   .validation = validation,
                                                   .keep_best = true,
                                                   .on_epoch = on_epoch },
                              error);
    if (status == HG_OK)
        status = classify_report(stdout, model, validation, "validation", error);
    if (status == HG_OK)
        status = mnist_dead_units_note(model->network, training, error);
    if (status == HG_OK)
        status = classify_model_save(model, options->save, error);
    if (status == HG_OK)
        printf("saved to %s\n", options->save);
    return status;
}

static hg_status train_on(const classify_options *options, const hg_dataset *training, const hg_dataset *validation,
                          hg_error *error)
{
    classify_model model;
    printf("%s: %d classes, %zu pictures to train on, %zu to validate\n", options->folder, training->classes,
           training->count, validation->count);
    if (training->classes < LEAST_CLASSES)
        return hg_fail(error, HG_BAD_DATA, "%s: one class, %s; at least two can be told apart", options->folder,
                       training->class_names[0]);
    hg_status status = classify_model_create(&model, training, options->validation_share, error);
    if (status != HG_OK)
        return status;
    status = train_model(options, &model, training, validation, error);
    classify_model_release(&model);
    return status;
}

static hg_status train(const classify_options *options, hg_error *error)
{
    size_t skips = 0;
    hg_image_folder_options wanted = { .shape = { options->grey ? 1 : 3, options->side, options->side },
                                       .part = HG_TRAINING_PART,
                                       .validation_share = options->validation_share };
    if (check_save(options->save, error) != HG_OK)
        return HG_IO;
    hg_dataset *training = open_part(options, &wanted, &skips, error);
    wanted.part = HG_VALIDATION_PART;
    hg_dataset *validation = training ? open_part(options, &wanted, &skips, error) : NULL;
    count_skips(skips);
    const hg_status status = validation ? train_on(options, training, validation, error) : HG_BAD_DATA;
    hg_dataset_destroy(validation);
    hg_dataset_destroy(training);
    return status;
}

/* ---- test ---- */

static hg_status test(const classify_options *options, const classify_model *model, hg_error *error)
{
    static const char *const parts[] = {
        [HG_WHOLE_FOLDER] = "test", [HG_TRAINING_PART] = "training", [HG_VALIDATION_PART] = "validation"
    };
    size_t skips = 0;
    const hg_image_folder_options wanted = { .shape = hg_network_input_shape(model->network),
                                             .part = options->part,
                                             .validation_share = model->validation_share,
                                             .class_names = (const char *const *)model->names,
                                             .class_count = model->count };
    hg_status status = hg_network_set_threads(model->network, options->threads, error);
    hg_dataset *dataset = status == HG_OK ? open_part(options, &wanted, &skips, error) : NULL;
    count_skips(skips);
    status = dataset ? classify_report(stdout, model, dataset, parts[options->part], error) : HG_BAD_DATA;
    hg_dataset_destroy(dataset);
    return status;
}

/* ---- all ---- */

static hg_status run(const classify_options *options, bool *all, hg_error *error)
{
    if (options->command == CLASSIFY_TRAIN)
        return train(options, error);
    classify_model model;
    hg_status status = classify_model_load(&model, options->model, error);
    if (status != HG_OK)
        return status;
    status = options->command == CLASSIFY_TEST ? test(options, &model, error)
                                               : classify_predict(&model, options, all, error);
    classify_model_release(&model);
    return status;
}

int main(int argc, char **argv)
{
    classify_options options;
    hg_error error;
    bool all = true;
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, reported as any other */
    if (classify_options_parse(&options, argc, argv, &error) != HG_OK) {
        fprintf(stderr, "classify: %s; try --help\n", error.message);
        return EXIT_USAGE;
    }
    hg_status status = HG_OK;
    if (options.help)
        fputs(classify_help, stdout);
    else
        status = run(&options, &all, &error);
    if (status != HG_OK && status != HG_STOPPED)
        fprintf(stderr, "classify: %s\n", error.message);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("classify: cannot write to standard output: it is closed, or its disk is full\n", stderr);
        status = HG_IO;
    }
    return status == HG_OK && all ? EXIT_SUCCESS : EXIT_FAILURE;
}
