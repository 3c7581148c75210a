/* The pictures: filters of the first layer, and test images that are mistaken. */
#include <math.h>
#include <string.h>

#include "mnist_html.h"
#include "mnist_report_page.h"
#include "mnist_text.h"

enum { MOST_FILTERS = 64, RGBA = 4, WHITE = 255 };

/* ---- filters ---- */

/* The weights that lie on the image itself: [filters][channels][height][width]. */
typedef struct filters {
    const hg_real *values;
    size_t count, channels, height, width;
    double full;             /* the size of weight that has full colour */
    hg_parameter thresholds; /* of the activation behind them, one each; count 0: none */
} filters;

/* A few large weights must not pale all others. */
static double full_colour(const hg_parameter *weights)
{
    const double deviations = 2.5;
    double squares = 0;
    for (size_t i = 0; i < weights->count; i++)
        squares += (double)weights->values[i] * (double)weights->values[i];
    return deviations * sqrt(squares / (double)weights->count);
}

static bool find_weights(const mnist_report *report, filters *filters)
{
    const hg_shape input = hg_network_input_shape(report->network);
    const size_t channels = (size_t)input.channels, height = (size_t)input.height, width = (size_t)input.width;
    for (size_t i = 0; i < hg_network_parameter_count(report->network); i++) {
        const hg_parameter parameter = hg_network_parameter(report->network, i);
        const size_t *size = parameter.shape.size;
        const bool image = parameter.shape.rank == 2 && size[1] == channels * height * width;
        if (parameter.shape.rank != HG_MAX_RANK && !image)
            continue;
        *filters = (struct filters){ .values = parameter.values,
                                     .count = size[0],
                                     .channels = image ? channels : size[1],
                                     .height = image ? height : size[2],
                                     .width = image ? width : size[3] };
        filters->full = full_colour(&parameter);
        return true;
    }
    return false;
}

static void find_thresholds(const mnist_report *report, filters *filters)
{
    hg_parameter parameter;
    for (size_t i = 0; i < hg_network_layer_count(report->network); i++)
        if (mnist_history_threshold(report->network, hg_network_layer(report->network, i).name, &parameter)) {
            if (parameter.count == filters->count)
                filters->thresholds = parameter;
            return;
        }
}

/* The colour says the sign, the opacity how large a weight is: zero is the page. Channels lie side by side. */
static void write_filter(FILE *stream, const filters *filters, size_t index)
{
    static const unsigned char positive[] = { 224, 122, 36 }, negative[] = { 61, 125, 230 };
    const size_t width = filters->width * filters->channels, area = filters->height * filters->width;
    unsigned char *pixels = hg_allocate(width * filters->height, RGBA);
    if (!pixels)
        return;
    for (size_t channel = 0; channel < filters->channels; channel++)
        for (size_t i = 0; i < area; i++) {
            const double weight = (double)filters->values[(index * filters->channels + channel) * area + i];
            unsigned char *pixel =
                pixels + (i / filters->width * width + channel * filters->width + i % filters->width) * RGBA;
            memcpy(pixel, weight < 0 ? negative : positive, RGBA - 1);
            pixel[RGBA - 1] = (unsigned char)lround(WHITE * fmin(fabs(weight) / filters->full, 1));
        }
    mnist_html_picture(stream, (int)width, (int)filters->height, RGBA, pixels);
    hg_release(pixels);
}

static void write_filter_item(FILE *stream, const mnist_report *report, const filters *filters, size_t index)
{
    const hg_activation_report *units = report->layer_count > 0 ? &report->layers[0] : NULL;
    const bool dead = units && units->units == filters->count && units->unit[index] & HG_UNIT_DEAD;
    fprintf(stream, "<li%s title=\"filter %zu%s\"><img alt=\"filter %zu\" src=\"", dead ? " class=\"dead\"" : "",
            index + 1, dead ? ", dead" : "", index + 1);
    write_filter(stream, filters, index);
    fputs("\">", stream);
    if (filters->thresholds.count > 0)
        fprintf(stream, "\u03b8 %.3f", (double)filters->thresholds.values[index]);
    else
        fprintf(stream, "%zu", index + 1);
    fputs("</li>\n", stream);
}

void mnist_report_filters(FILE *stream, const mnist_report *report)
{
    filters filters;
    if (!find_weights(report, &filters) || !(filters.full > 0) || !isfinite(filters.full))
        return;
    find_thresholds(report, &filters);
    const size_t shown = filters.count < MOST_FILTERS ? filters.count : MOST_FILTERS;
    fputs("<section><h2>What the first layer looks for</h2>\n<p>", stream);
    if (shown < filters.count)
        fprintf(stream, "The first %zu of %zu filters", shown, filters.count);
    else
        fprintf(stream, "%zu filters", shown);
    fprintf(stream,
            " of %zu \u00d7 %zu pixels. <i class=\"key\" style=\"background:#e07a24\"></i>wants ink there, "
            "<i class=\"key\" style=\"background:#3d7de6\"></i>wants none; full colour from \u00b1%.2g on.</p>\n"
            "<div class=\"card\"><ul class=\"filters\">\n",
            filters.height, filters.width, filters.full);
    for (size_t i = 0; i < shown; i++)
        write_filter_item(stream, report, &filters, i);
    fputs("</ul></div></section>\n", stream);
}

/* ---- mistakes ---- */

static void write_mistake(FILE *stream, const mnist_report *report, const mnist_mistake *mistake, float *image,
                          unsigned char *pixels)
{
    const hg_dataset *test = report->data->test;
    const int height = test->shape.height, width = test->shape.width;
    int label;
    if (test->read(test, mistake->index, image, &label, NULL) != HG_OK)
        return;
    for (int i = 0; i < height * width; i++)
        pixels[i] = (unsigned char)lround(WHITE * (double)image[i]);
    fprintf(stream, "<li title=\"test image %zu: %.2f %% %d, %.2f %% %d\"><img class=\"ink\" alt=\"a %d\" src=\"",
            mistake->index, 100 * (double)mistake->probability, mistake->guess,
            100 * (double)mistake->truth_probability, mistake->truth, mistake->truth);
    mnist_html_picture(stream, width, height, 1, pixels);
    fprintf(stream, "\"><b>%d, not <i>%d</i></b>%.2f %%</li>\n", mistake->truth, mistake->guess,
            100 * (double)mistake->probability);
}

void mnist_report_mistakes(FILE *stream, const mnist_report *report)
{
    char number[MNIST_NUMBER_LENGTH];
    const hg_shape shape = report->data->test->shape;
    const size_t wrong = report->guesses.images - report->guesses.right;
    const size_t count = (size_t)shape.channels * (size_t)shape.height * (size_t)shape.width;
    float *image = hg_allocate(count, sizeof *image);
    unsigned char *pixels = hg_allocate(count, 1);
    if (image && pixels && report->guesses.mistakes > 0) {
        fputs("<section><h2>Most confidently wrong</h2>\n<p>", stream);
        if (report->guesses.mistakes < wrong)
            fprintf(stream, "%zu of the %s mistakes. ", report->guesses.mistakes,
                    mnist_text_count(number, (double)wrong));
        fputs("What a test image is, what it is taken for, and how probable the network finds that.</p>\n"
              "<div class=\"card\"><ul class=\"wrong\">\n",
              stream);
        for (size_t i = 0; i < report->guesses.mistakes; i++)
            write_mistake(stream, report, &report->guesses.mistake[i], image, pixels);
        fputs("</ul></div></section>\n", stream);
    }
    hg_release(image);
    hg_release(pixels);
}
