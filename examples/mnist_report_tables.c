/* The tables: which digit was taken for which, the epochs in numbers, the network. */
#include <math.h>

#include "mnist_html.h"
#include "mnist_report_page.h"
#include "mnist_text.h"

enum { NUMBER_WIDTH = 9 };

/* What a class is called; good until the next call. */
static const char *class_name(const mnist_report *report, size_t class)
{
    static char number[MNIST_NUMBER_LENGTH];
    if (report->data->test->class_names)
        return report->data->test->class_names[class];
    snprintf(number, sizeof number, "%zu", class);
    return number;
}

/* ---- confusion ---- */

typedef struct confusion {
    const size_t *count;                /* [classes][classes]: truth, guess */
    size_t classes, truth, guess, most; /* of the pair that is mistaken most often */
} confusion;

static confusion look(const mnist_guesses *guesses)
{
    confusion confusion = { .count = guesses->count, .classes = guesses->classes };
    for (size_t truth = 0; truth < guesses->classes; truth++)
        for (size_t guess = 0; guess < guesses->classes; guess++) {
            const size_t count = guesses->count[truth * guesses->classes + guess];
            if (truth == guess || count <= confusion.most)
                continue;
            confusion.truth = truth;
            confusion.guess = guess;
            confusion.most = count;
        }
    return confusion;
}

/* Shades: what is right by its share of the class, what is wrong by that of the worst. */
static void write_cell(FILE *stream, const confusion *confusion, size_t truth, size_t guess, size_t of_class)
{
    const double faintest = 0.1, darkest = 0.75;
    const size_t count = confusion->count[truth * confusion->classes + guess];
    const size_t whole = truth == guess ? of_class : confusion->most;
    if (count == 0) {
        fputs("<td class=\"none\" style=\"--s:0\">0</td>", stream);
        return;
    }
    fprintf(stream, "<td%s style=\"--s:%.2f\" title=\"%zu of %zu\">%zu</td>", truth == guess ? " class=\"right\"" : "",
            faintest + (darkest - faintest) * (double)count / (double)whole, count, of_class, count);
}

static void write_confusion_row(FILE *stream, const mnist_report *report, const confusion *confusion, size_t truth)
{
    size_t of_class = 0;
    for (size_t guess = 0; guess < confusion->classes; guess++)
        of_class += confusion->count[truth * confusion->classes + guess];
    fputs("<tr><th scope=\"row\">", stream);
    mnist_html_text(stream, class_name(report, truth));
    fputs("</th>", stream);
    for (size_t guess = 0; guess < confusion->classes; guess++)
        write_cell(stream, confusion, truth, guess, of_class);
    const double right = (double)confusion->count[truth * confusion->classes + truth];
    if (of_class > 0)
        fprintf(stream, "<td class=\"share\">%.1f</td></tr>\n", 100 * right / (double)of_class);
    else
        fputs("<td class=\"share\">\u2013</td></tr>\n", stream);
}

void mnist_report_confusion(FILE *stream, const mnist_report *report)
{
    const confusion confusion = look(&report->guesses);
    fputs("<section><h2>What is taken for what</h2>\n<p>", stream);
    if (confusion.most > 0) {
        fputs("Most often, ", stream);
        mnist_html_text(stream, class_name(report, confusion.truth));
        fputs(" is taken for ", stream);
        mnist_html_text(stream, class_name(report, confusion.guess));
        fprintf(stream, ": %zu time%s.", confusion.most, confusion.most > 1 ? "s" : "");
    } else {
        fputs("Every test image is recognized.", stream);
    }
    fputs(
        "</p>\n<div class=\"card\"><table class=\"confusion\"><caption>Rows: what an image shows. Columns: what it is "
        "taken for. Last: per cent of the row that is right.</caption>\n<thead><tr><td></td>",
        stream);
    for (size_t guess = 0; guess < confusion.classes; guess++) {
        fputs("<th scope=\"col\">", stream);
        mnist_html_text(stream, class_name(report, guess));
        fputs("</th>", stream);
    }
    fputs("<th scope=\"col\">%</th></tr></thead>\n<tbody>\n", stream);
    for (size_t truth = 0; truth < confusion.classes; truth++)
        write_confusion_row(stream, report, &confusion, truth);
    fputs("</tbody></table></div></section>\n", stream);
}

/* ---- epochs ---- */

static const struct {
    const char *name;
    int column, decimals;
    bool validation;
} columns[] = {
    { "epoch", MNIST_EPOCH, 0, false },
    { "training loss", MNIST_TRAIN_LOSS, 4, false },
    { "test loss", MNIST_TEST_LOSS, 4, false },
    { "validation loss", MNIST_VALIDATION_LOSS, 4, true },
    { "training %", MNIST_TRAIN_ACCURACY, 2, false },
    { "test %", MNIST_TEST_ACCURACY, 2, false },
    { "validation %", MNIST_VALIDATION_ACCURACY, 2, true },
    { "seconds", MNIST_SECONDS, 2, false },
    { "samples a second", MNIST_RATE, 0, false },
};

static void write_epoch(FILE *stream, const mnist_report *report, const double *row)
{
    char text[MNIST_NUMBER_LENGTH];
    fputs("<tr>", stream);
    for (size_t i = 0; i < HG_COUNT(columns); i++) {
        if (columns[i].validation && !report->data->validation)
            continue;
        const double value = row[columns[i].column];
        fprintf(stream, "<td class=\"n\">%s</td>",
                columns[i].column == MNIST_RATE ? mnist_text_count(text, value)
                                                : mnist_text_fixed(text, NUMBER_WIDTH, columns[i].decimals, value));
    }
    fputs("</tr>\n", stream);
}

void mnist_report_epochs(FILE *stream, const mnist_report *report)
{
    const mnist_history *history = &report->history;
    fputs("<details><summary>The epochs in numbers</summary>\n<div class=\"card\"><table><thead><tr>", stream);
    for (size_t i = 0; i < HG_COUNT(columns); i++)
        if (!columns[i].validation || report->data->validation)
            fprintf(stream, "<th scope=\"col\" class=\"n\">%s</th>", columns[i].name);
    fputs("</tr></thead>\n<tbody>\n", stream);
    for (size_t i = 0; i < history->rows; i++) {
        const double *row = history->values + i * history->columns;
        /* the thresholds' start has no numbers of training */
        if (!isnan(row[MNIST_SECONDS]))
            write_epoch(stream, report, row);
    }
    fputs("</tbody></table></div></details>\n", stream);
}

/* ---- network ---- */

static size_t learned_by(hg_network *network, const hg_layer_info *layer)
{
    size_t count = 0;
    for (size_t i = 0; i < layer->parameter_count; i++) {
        const hg_parameter parameter = hg_network_parameter(network, layer->first_parameter + i);
        count += parameter.gradients ? parameter.count : 0;
    }
    return count;
}

void mnist_report_network(FILE *stream, const mnist_report *report)
{
    char number[MNIST_NUMBER_LENGTH];
    fputs("<section><h2>The network</h2>\n<div class=\"card\"><table><thead><tr><th scope=\"col\">layer</th>"
          "<th scope=\"col\" class=\"type\">type</th><th scope=\"col\">output</th><th scope=\"col\" "
          "class=\"n\">parameters</th></tr>"
          "</thead>\n<tbody>\n",
          stream);
    for (size_t i = 0; i < hg_network_layer_count(report->network); i++) {
        const hg_layer_info layer = hg_network_layer(report->network, i);
        fputs("<tr><td>", stream);
        mnist_html_text(stream, layer.name);
        fputs("</td><td class=\"type\">", stream);
        mnist_html_text(stream, layer.type->name);
        fprintf(stream, "</td><td>%d \u00d7 %d \u00d7 %d</td><td class=\"n\">%s</td></tr>\n", layer.output.height,
                layer.output.width, layer.output.channels,
                mnist_text_count(number, (double)learned_by(report->network, &layer)));
    }
    fprintf(stream,
            "</tbody><tfoot><tr><td>total</td><td class=\"type\"></td><td></td><td "
            "class=\"n\">%s</td></tr></tfoot></table></div>"
            "</section>\n",
            mnist_text_count(number, (double)hg_network_learnable_count(report->network)));
}
