/* See mnist_inspect.h. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mnist_dead_units.h"
#include "mnist_inspect.h"
#include "mnist_text.h"

enum { NUMBER_WIDTH = 9, SHARE_WIDTH = 6, SHAPE_LENGTH = 96, MOST_VALUES = 32, LINE_LENGTH = 1024 };

/* ---- what there is ---- */

mnist_range mnist_inspect_range(const hg_parameter *parameter)
{
    mnist_range range = { .min = INFINITY, .max = -INFINITY };
    double sum = 0, zeros = 0;
    for (size_t i = 0; i < parameter->count; i++) {
        const double value = (double)parameter->values[i];
        range.min = fmin(range.min, value);
        range.max = fmax(range.max, value);
        sum += value;
        zeros += value == 0;
    }
    range.mean = sum / (double)parameter->count;
    range.zero_share = zeros / (double)parameter->count;
    return range;
}

bool mnist_inspect_thresholds(hg_network *network, const hg_layer_info *layer, hg_parameter *thresholds)
{
    if (strcmp(layer->type->name, "threshold_relu") != 0)
        return false;
    *thresholds = hg_network_parameter(network, layer->first_parameter);
    return true;
}

const char *mnist_inspect_word(const hg_layer_info *layer, const char *option)
{
    for (size_t i = 0; i < layer->type->option_count; i++) {
        const hg_option *row = &layer->type->options[i];
        if (row->kind == HG_OPTION_ENUM && strcmp(row->name, option) == 0)
            return row->words[*(const int *)((const char *)layer->options + row->offset)];
    }
    return NULL;
}

/* ---- printing ---- */

static const char *shape_text(const hg_tensor_shape *shape, char text[SHAPE_LENGTH])
{
    int length = 0;
    text[0] = '\0';
    for (int i = 0; i < shape->rank && length < SHAPE_LENGTH; i++)
        length += snprintf(text + length, (size_t)(SHAPE_LENGTH - length), i ? " x %zu" : "%zu", shape->size[i]);
    return text;
}

/* The names in a file are anybody's: what would steer a terminal is replaced. */
static hg_status print_layers(const hg_network *network, hg_error *error)
{
    char *text = NULL;
    size_t length;
    FILE *memory = open_memstream(&text, &length);
    if (memory)
        hg_network_describe(network, memory);
    if (!memory || fclose(memory) != 0) {
        free(text);
        return hg_fail(error, HG_NO_MEMORY, "no memory for the table of layers");
    }
    for (char *c = text; *c; c++)
        putchar(*c != '\n' && iscntrl((unsigned char)*c) ? '?' : *c);
    free(text);
    return HG_OK;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static void print_parameters(hg_network *network)
{
    char name[LINE_LENGTH], shape[SHAPE_LENGTH];
    int name_width = (int)strlen("parameter"), shape_width = (int)strlen("shape");
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        name_width = larger(name_width, mnist_text_fit(parameter.name, MNIST_WIDTH, NULL, 0));
        shape_width = larger(shape_width, (int)strlen(shape_text(&parameter.shape, shape)));
    }
    const int rest = MNIST_WIDTH - 2 - shape_width - 3 * (NUMBER_WIDTH + 1) - SHARE_WIDTH - 1;
    name_width = name_width < rest ? name_width : rest;
    printf("\n%-*s  %-*s %*s %*s %*s %*s\n", name_width, "parameter", shape_width, "shape", NUMBER_WIDTH, "min",
           NUMBER_WIDTH, "mean", NUMBER_WIDTH, "max", SHARE_WIDTH, "zeros");
    for (size_t i = 0; i < hg_network_parameter_count(network); i++) {
        const hg_parameter parameter = hg_network_parameter(network, i);
        const mnist_range range = mnist_inspect_range(&parameter);
        const int columns = mnist_text_fit(parameter.name, name_width, name, sizeof name);
        printf("%s%*s  %-*s %*.3g %*.3g %*.3g %*.0f %%\n", name, name_width - columns, "", shape_width,
               shape_text(&parameter.shape, shape), NUMBER_WIDTH, range.min, NUMBER_WIDTH, range.mean, NUMBER_WIDTH,
               range.max, SHARE_WIDTH - 2, 100 * range.zero_share);
    }
}

static const char *bounds_text(const hg_parameter *thresholds, char text[MNIST_NUMBER_LENGTH])
{
    const bool low = isfinite(thresholds->lower), high = isfinite(thresholds->upper);
    if (!(thresholds->lower < thresholds->upper) || (!low && !high))
        return "no bounds";
    if (low && high)
        snprintf(text, MNIST_NUMBER_LENGTH, "kept from %g to %g", thresholds->lower, thresholds->upper);
    else
        snprintf(text, MNIST_NUMBER_LENGTH, low ? "kept >= %g" : "kept <= %g",
                 low ? thresholds->lower : thresholds->upper);
    return text;
}

static void print_thresholds(hg_network *network)
{
    for (size_t i = 0; i < hg_network_layer_count(network); i++) {
        const hg_layer_info layer = hg_network_layer(network, i);
        hg_parameter thresholds;
        char bounds[MNIST_NUMBER_LENGTH], values[LINE_LENGTH] = "";
        if (!mnist_inspect_thresholds(network, &layer, &thresholds))
            continue;
        const mnist_range range = mnist_inspect_range(&thresholds);
        size_t length = 0;
        for (size_t k = 0; k < thresholds.count && thresholds.count <= MOST_VALUES; k++)
            length += (size_t)snprintf(values + length, sizeof values - length, k ? " %.4g" : ": %.4g",
                                       (double)thresholds.values[k]);
        mnist_text_line(stdout, "%s: form %s, %zu threshold%s (%s), %.4g to %.4g%s", layer.name,
                        mnist_inspect_word(&layer, "form"), thresholds.count, thresholds.count == 1 ? "" : "s",
                        bounds_text(&thresholds, bounds), range.min, range.max, values);
    }
}

static void print_dead_units(const hg_network *network)
{
    for (size_t i = 0; i < hg_network_layer_count(network); i++) {
        const hg_layer_info layer = hg_network_layer(network, i);
        mnist_dead_count count;
        if (!(layer.type->traits & HG_IS_ACTIVATION))
            continue;
        const char *word = mnist_dead_units_cut_off(&layer) ? "dead" : "never positive";
        if (mnist_dead_units_of(network, &layer, &count))
            mnist_text_line(stdout, "%s: %zu of %zu units were %s when it was saved", layer.name, count.dead,
                            count.units, word);
        else
            mnist_text_line(stdout, "%s: the file does not say how many units are %s; train --save writes that",
                            layer.name, word);
    }
}

static hg_status print_text(hg_network *network, const mnist_options *options, const mnist_filters *filters,
                            hg_error *error)
{
    const hg_status status = print_layers(network, error);
    if (status != HG_OK)
        return status;
    if (hg_network_parameter_count(network) > 0)
        print_parameters(network);
    putchar('\n');
    print_thresholds(network);
    print_dead_units(network);
    if (filters)
        mnist_text_line(stdout, "%s: %zu tiles of %d x %d, %s of %s; %s", options->filters, filters->tiles,
                        filters->height, filters->width, filters->channels == 1 ? "weights" : "colours", filters->layer,
                        filters->channels == 1 ? "blue is below 0, red above" : "grey is 0");
    return HG_OK;
}

static hg_status inspect(hg_network *network, const mnist_options *options, hg_error *error)
{
    mnist_filters filters;
    hg_error why;
    hg_status status = options->filters ? mnist_filters_find(&filters, network, &why) : HG_OK;
    if (status == HG_OK && options->filters)
        status = mnist_filters_write(&filters, options->filters, &why);
    if (status != HG_OK)
        return hg_fail(error, status, "%s: no filters: %s", options->model, why.message);
    const mnist_filters *written = options->filters ? &filters : NULL;
    return options->json ? mnist_inspect_json(network, options, written, error)
                         : print_text(network, options, written, error);
}

hg_status mnist_inspect(const mnist_options *options, hg_error *error)
{
    hg_network *network = hg_network_load(options->model, error);
    if (!network)
        return HG_BAD_FILE;
    const hg_status status = inspect(network, options, error);
    hg_network_destroy(network);
    return status;
}
