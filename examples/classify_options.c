/* The command line, by getopt_long. */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "classify_options.h"

const char classify_help[] = "classify train FOLDER --save FILE        learn to tell the folders in FOLDER apart\n"
                             "classify test FOLDER --model FILE        measure what was learned\n"
                             "classify predict --model FILE PICTURE... name what pictures show\n"
                             "FOLDER holds a folder for each class, with its png, jpg, bmp, pgm or ppm files.\n"
                             "options [and defaults]:\n"
                             "  --save FILE        of train: the model (safetensors), class names included\n"
                             "  --model FILE       of test and predict: a model that --save wrote\n"
                             "  --side N           every picture becomes N x N pixels, from 8 to 512 [32]\n"
                             "  --grey             without colours\n"
                             "  --epochs N         passes over the pictures, from 1 [30]\n"
                             "  --batch N          pictures a step, from 1 [32]\n"
                             "  --rate F           learning rate of Adam, above 0 [0.003]\n"
                             "  --validation F     share of the pictures, chosen by their names, that is not\n"
                             "                     trained on but measured, from 0.01 to 0.9 [0.2]\n"
                             "  --part WORD        of test: whole, training or validation part [whole]\n"
                             "  --seed N           of starting weights and shuffles [1]\n"
                             "  --threads N        0: all cores; the result is the same for any [0]\n"
                             "  --strict           a picture that cannot be read is an error\n"
                             "  --json             of predict: a line of JSON per picture\n"
                             "  --help             this text\n";

enum {
    ANY_COMMAND = (1 << CLASSIFY_COMMANDS) - 1,
    TRAIN = 1 << CLASSIFY_TRAIN,
    TEST = 1 << CLASSIFY_TEST,
    PREDICT = 1 << CLASSIFY_PREDICT
};

static const char *const command_words[] = { "train", "test", "predict" };

/* In the order of the numbers that getopt_long returns. */
enum { SAVE, MODEL, SIDE, GREY, EPOCHS, BATCH, RATE, VALIDATION, PART, SEED, THREADS, STRICT, JSON, HELP, OPTIONS };

static const struct option names[] = {
    { "save", required_argument, NULL, SAVE },
    { "model", required_argument, NULL, MODEL },
    { "side", required_argument, NULL, SIDE },
    { "grey", no_argument, NULL, GREY },
    { "epochs", required_argument, NULL, EPOCHS },
    { "batch", required_argument, NULL, BATCH },
    { "rate", required_argument, NULL, RATE },
    { "validation", required_argument, NULL, VALIDATION },
    { "part", required_argument, NULL, PART },
    { "seed", required_argument, NULL, SEED },
    { "threads", required_argument, NULL, THREADS },
    { "strict", no_argument, NULL, STRICT },
    { "json", no_argument, NULL, JSON },
    { "help", no_argument, NULL, HELP },
    { NULL, 0, NULL, 0 },
};

static const int allowed[OPTIONS] = {
    [SAVE] = TRAIN,           [MODEL] = TEST | PREDICT, [SIDE] = TRAIN,       [GREY] = TRAIN,       [EPOCHS] = TRAIN,
    [BATCH] = TRAIN,          [RATE] = TRAIN,           [VALIDATION] = TRAIN, [PART] = TEST,        [SEED] = TRAIN,
    [THREADS] = TRAIN | TEST, [STRICT] = TRAIN | TEST,  [JSON] = PREDICT,     [HELP] = ANY_COMMAND,
};

static hg_status read_number(int option, double low, double high, double *number, hg_error *error)
{
    char *end;
    errno = 0;
    *number = strtod(optarg, &end);
    if (*end == '\0' && end != optarg && errno == 0 && *number >= low && *number <= high)
        return HG_OK;
    return hg_fail(error, HG_BAD_ARGUMENT, "--%s takes a number from %g to %g, not \"%s\"", names[option].name, low,
                   high, optarg);
}

static hg_status read_whole(int option, int low, int high, int *number, hg_error *error)
{
    double real = 0;
    const hg_status status = read_number(option, low, high, &real, error);
    if (status == HG_OK && real != floor(real))
        return hg_fail(error, HG_BAD_ARGUMENT, "--%s takes a whole number from %d to %d, not \"%s\"",
                       names[option].name, low, high, optarg);
    if (status == HG_OK)
        *number = (int)real;
    return status;
}

static hg_status read_part(hg_folder_part *part, hg_error *error)
{
    static const char *const words[] = {
        [HG_WHOLE_FOLDER] = "whole", [HG_TRAINING_PART] = "training", [HG_VALIDATION_PART] = "validation"
    };
    for (size_t i = 0; i < HG_COUNT(words); i++)
        if (strcmp(optarg, words[i]) == 0) {
            *part = (hg_folder_part)i;
            return HG_OK;
        }
    return hg_fail(error, HG_BAD_ARGUMENT, "--part takes whole, training or validation, not \"%s\"", optarg);
}

static hg_status read_option(classify_options *options, int option, hg_error *error)
{
    const int most_epochs = 99999, most_batch = 65536, most_threads = 1024, smallest_side = 8, largest_side = 512;
    const double smallest_rate = 1e-9, largest_rate = 1e3, smallest_share = 0.01, largest_share = 0.9;
    int seed = 0;
    hg_status status = HG_OK;
    switch (option) {
    case SAVE:
        options->save = optarg;
        break;
    case MODEL:
        options->model = optarg;
        break;
    case SIDE:
        return read_whole(option, smallest_side, largest_side, &options->side, error);
    case GREY:
        options->grey = true;
        break;
    case EPOCHS:
        return read_whole(option, 1, most_epochs, &options->epochs, error);
    case BATCH:
        return read_whole(option, 1, most_batch, &options->batch, error);
    case RATE:
        return read_number(option, smallest_rate, largest_rate, &options->learning_rate, error);
    case VALIDATION:
        return read_number(option, smallest_share, largest_share, &options->validation_share, error);
    case PART:
        return read_part(&options->part, error);
    case SEED:
        status = read_whole(option, 0, INT32_MAX, &seed, error);
        options->seed = (uint64_t)seed;
        break;
    case THREADS:
        return read_whole(option, 0, most_threads, &options->threads, error);
    case STRICT:
        options->strict = true;
        break;
    case JSON:
        options->json = true;
        break;
    default:
        options->help = true;
    }
    return status;
}

/* What getopt_long found no option in. */
static hg_status fail_option(char **argv, int found, hg_error *error)
{
    const char *word = argv[optind - 1];
    if (found == ':')
        return hg_fail(error, HG_BAD_ARGUMENT, "%s needs a value", word);
    return hg_fail(error, HG_BAD_ARGUMENT, "%s: there is no such option, or it takes no value", word);
}

static hg_status take_words(classify_options *options, int argc, char **argv, const bool *seen, hg_error *error)
{
    const char *word = optind < argc ? argv[optind++] : "";
    while (options->command < CLASSIFY_COMMANDS && strcmp(word, command_words[options->command]) != 0)
        options->command++;
    if (options->command == CLASSIFY_COMMANDS)
        return hg_fail(error, HG_BAD_ARGUMENT, "%s%s%s: train, test or predict",
                       word[0] ? "there is no command \"" : "", word[0] ? word : "a command is needed",
                       word[0] ? "\"" : "");
    word = command_words[options->command];
    for (int i = 0; i < OPTIONS; i++)
        if (seen[i] && !(allowed[i] & 1 << options->command))
            return hg_fail(error, HG_BAD_ARGUMENT, "--%s is no option of \"%s\"", names[i].name, word);
    const char *needed = options->command == CLASSIFY_TRAIN ? options->save : options->model;
    if (!needed || !needed[0])
        return hg_fail(error, HG_BAD_ARGUMENT, "\"%s\" needs --%s FILE", word,
                       options->command == CLASSIFY_TRAIN ? "save" : "model");
    options->files = argv + optind;
    options->file_count = argc - optind;
    if (options->command == CLASSIFY_PREDICT)
        return options->file_count ? HG_OK : hg_fail(error, HG_BAD_ARGUMENT, "\"predict\" needs pictures");
    if (options->file_count != 1)
        return hg_fail(error, HG_BAD_ARGUMENT, "\"%s\" needs one folder of pictures, not %d", word,
                       options->file_count);
    options->folder = options->files[0];
    return HG_OK;
}

hg_status classify_options_parse(classify_options *options, int argc, char **argv, hg_error *error)
{
    bool seen[OPTIONS] = { false };
    *options = (classify_options){
        .side = 32, .epochs = 30, .batch = 32, .learning_rate = 0.003, .validation_share = 0.2, .seed = 1
    };
    opterr = 0; /* messages are the caller's */
    for (int found; (found = getopt_long(argc, argv, ":h", names, NULL)) != -1;) {
        if (found == ':' || found == '?')
            return fail_option(argv, found, error);
        const int option = found == 'h' ? HELP : found;
        const hg_status status = read_option(options, option, error);
        if (status != HG_OK || options->help)
            return status;
        seen[option] = true;
    }
    return take_words(options, argc, argv, seen, error);
}
