/* Counts of (class, answer), and a table of the worst of them. */
#include <stdlib.h>
#include <string.h>

#include "classify_report.h"
#include "mnist_text.h"

enum { CHUNK = 64, WORST = 5, MISTAKES = 3, NAME_WIDTH = 20, MISTAKE_WIDTH = 12 };

typedef struct counts {
    size_t classes;
    size_t *of; /* [classes][classes]: of[label][answer] */
} counts;

static size_t images_of(const counts *counts, size_t label)
{
    size_t sum = 0;
    for (size_t answer = 0; answer < counts->classes; answer++)
        sum += counts->of[label * counts->classes + answer];
    return sum;
}

static size_t mistakes_of(const counts *counts, size_t label)
{
    return images_of(counts, label) - counts->of[label * counts->classes + label];
}

/* ---- counting ---- */

static hg_status count_chunk(hg_network *network, const hg_dataset *dataset, size_t first, size_t count, float *images,
                             float *probabilities, counts *counts, hg_error *error)
{
    const size_t size = (size_t)dataset->shape.channels * (size_t)dataset->shape.height * (size_t)dataset->shape.width;
    int labels[CHUNK];
    hg_status status = HG_OK;
    for (size_t i = 0; i < count && status == HG_OK; i++)
        status = dataset->read(dataset, first + i, images + i * size, &labels[i], error);
    if (status == HG_OK)
        status = hg_network_predict(network, images, count, probabilities, error);
    for (size_t i = 0; i < count && status == HG_OK; i++) {
        size_t answer = 0;
        for (size_t k = 1; k < counts->classes; k++)
            if (probabilities[i * counts->classes + k] > probabilities[i * counts->classes + answer])
                answer = k;
        counts->of[(size_t)labels[i] * counts->classes + answer]++;
    }
    return status;
}

static hg_status count_all(hg_network *network, const hg_dataset *dataset, counts *counts, hg_error *error)
{
    const size_t size = (size_t)dataset->shape.channels * (size_t)dataset->shape.height * (size_t)dataset->shape.width;
    float *images = malloc(CHUNK * size * sizeof *images);
    float *probabilities = malloc(CHUNK * counts->classes * sizeof *probabilities);
    hg_status status =
        images && probabilities ? HG_OK : hg_fail(error, HG_NO_MEMORY, "no memory to measure %d pictures", CHUNK);
    for (size_t first = 0; first < dataset->count && status == HG_OK; first += CHUNK) {
        const size_t left = dataset->count - first;
        status =
            count_chunk(network, dataset, first, left < CHUNK ? left : CHUNK, images, probabilities, counts, error);
    }
    free(images);
    free(probabilities);
    return status;
}

/* ---- printing ---- */

static void print_name(FILE *stream, const char *name, int width)
{
    char fitted[NAME_WIDTH * MNIST_UTF8_LENGTH + 1];
    const int columns = mnist_text_fit(name, width, fitted, sizeof fitted);
    fprintf(stream, "%s%*s", fitted, width - columns, "");
}

/* Takes the counts that it prints out of the row. */
static void print_mistakes(FILE *stream, const classify_model *model, size_t *row, size_t label)
{
    char name[MISTAKE_WIDTH * MNIST_UTF8_LENGTH + 1];
    row[label] = 0;
    for (int i = 0; i < MISTAKES; i++) {
        size_t most = 0;
        for (size_t answer = 1; answer < model->count; answer++)
            most = row[answer] > row[most] ? answer : most;
        if (row[most] == 0)
            break;
        mnist_text_fit(model->names[most], MISTAKE_WIDTH, name, sizeof name);
        fprintf(stream, "%s%s %zu", i ? ", " : "", name, row[most]);
        row[most] = 0;
    }
    fputc('\n', stream);
}

static void print_worst(FILE *stream, const classify_model *model, const counts *counts)
{
    for (int rows = 0; rows < WORST; rows++) {
        size_t worst = 0;
        for (size_t label = 1; label < counts->classes; label++)
            worst = mistakes_of(counts, label) > mistakes_of(counts, worst) ? label : worst;
        const size_t mistakes = mistakes_of(counts, worst), images = images_of(counts, worst);
        if (mistakes == 0)
            return;
        if (rows == 0)
            fprintf(stream, "%-*s  mistakes     of  mistaken for\n", NAME_WIDTH, "the worst classes");
        print_name(stream, model->names[worst], NAME_WIDTH);
        fprintf(stream, "  %8zu  %5zu  ", mistakes, images);
        print_mistakes(stream, model, counts->of + worst * counts->classes, worst);
        memset(counts->of + worst * counts->classes, 0, counts->classes * sizeof *counts->of);
    }
}

hg_status classify_report(FILE *stream, const classify_model *model, const hg_dataset *dataset, const char *what,
                          hg_error *error)
{
    counts counts = { model->count, calloc(model->count * model->count, sizeof *counts.of) };
    if (!counts.of)
        return hg_fail(error, HG_NO_MEMORY, "no memory to count %zu x %zu answers", model->count, model->count);
    const hg_status status = count_all(model->network, dataset, &counts, error);
    if (status == HG_OK) {
        size_t right = 0;
        for (size_t label = 0; label < counts.classes; label++)
            right += counts.of[label * counts.classes + label];
        fprintf(stream, "%s accuracy %.2f %%: %zu of %zu pictures\n", what,
                100 * (double)right / (double)dataset->count, right, dataset->count);
        print_worst(stream, model, &counts);
    }
    free(counts.of);
    return status;
}
