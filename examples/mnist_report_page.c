/* The page as a whole: its head, the sections, what made it. Nothing on it comes from elsewhere, and
 * the policy in its head forbids the browser to ask. */
#include <stdlib.h>

#include "mnist_html.h"
#include "mnist_network.h"
#include "mnist_report_page.h"
#include "mnist_text.h"

enum { LENGTH = 128, SECONDS_WIDTH = 5 };

static double accuracy(const mnist_report *report)
{
    return 100 * (double)report->guesses.right / (double)report->guesses.images;
}

/* ---- head ---- */

static void write_title(FILE *stream, const mnist_report *report)
{
    fputs("<title>", stream);
    if (report->guesses.images > 0)
        fprintf(stream, "%.2f %% ", accuracy(report));
    if (!report->ending)
        fprintf(stream, "epoch %d of %d ", report->epoch, report->options->epochs);
    fputs("\u2013 hinge</title>\n", stream);
}

static void write_head(FILE *stream, const mnist_report *report)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\"", stream);
    if (report->refresh > 0)
        fprintf(stream, " data-refresh=\"%.0f\"", report->refresh);
    fputs(">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
          "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n",
          stream);
    if (report->refresh > 0)
        fprintf(stream, "<noscript><meta http-equiv=\"refresh\" content=\"%.0f\"></noscript>\n", report->refresh);
    write_title(stream, report);
    fputs("<style>\n", stream);
    mnist_html_lines(stream, mnist_report_style);
    fputs("</style>\n</head>\n<body>\n<main>\n", stream);
}

/* ---- the run in a few numbers ---- */

static void write_state(FILE *stream, const mnist_report *report)
{
    fprintf(stream, "<p class=\"over\"><span class=\"pill%s\">",
            !report->ending  ? " live"
            : report->failed ? " failed"
                             : "");
    if (report->ending)
        mnist_html_text(stream, report->ending);
    else if (report->epoch > 0)
        fprintf(stream, "training: epoch %d of %d is done", report->epoch, report->options->epochs);
    else
        fputs("training: the first epoch is under way", stream);
    fprintf(stream, "</span> <span>begun %s</span></p>\n", report->began);
}

static void write_fact(FILE *stream, const char *name, const char *value)
{
    fprintf(stream, "<div><dt>%s</dt><dd>", name);
    mnist_html_text(stream, value);
    fputs("</dd></div>\n", stream);
}

static void write_facts(FILE *stream, const mnist_report *report)
{
    char text[LENGTH], number[MNIST_NUMBER_LENGTH];
    size_t dead = 0, units = 0;
    for (size_t i = 0; i < report->layer_count; i++) {
        dead += report->layers[i].dead;
        units += report->layers[i].units;
    }
    fputs("<dl class=\"facts\">\n", stream);
    snprintf(text, sizeof text, "%d of %d", report->epoch, report->options->epochs);
    write_fact(stream, "epochs", text);
    if (report->best_epoch > 0) {
        snprintf(text, sizeof text, "epoch %d", report->best_epoch);
        write_fact(stream, "best on validation", text);
    }
    if (report->epoch > 0) {
        snprintf(text, sizeof text, "%s s", mnist_text_fixed(number, SECONDS_WIDTH, 2, report->train_seconds));
        write_fact(stream, "time in training", text);
        write_fact(
            stream, "samples a second",
            mnist_text_count(number, report->train_seconds > 0 ? report->train_samples / report->train_seconds : 0));
        snprintf(text, sizeof text, "%zu of %zu", dead, units);
        write_fact(stream, "dead units", text);
    }
    write_fact(stream, "learned numbers",
               mnist_text_count(number, (double)hg_network_learnable_count(report->network)));
    fputs("</dl>\n", stream);
}

static void write_beginning(FILE *stream, const mnist_report *report)
{
    char count[MNIST_NUMBER_LENGTH];
    fputs("<header>\n", stream);
    write_state(stream, report);
    if (report->guesses.images > 0)
        fprintf(stream, "<h1>%.2f<small> %%</small></h1>\n<p>of %s %s are recognized: %s are not.</p>\n",
                accuracy(report), mnist_text_count(count, (double)report->guesses.images),
                report->data->synthetic ? "test images, synthetic digits," : "test images",
                mnist_text_count((char[MNIST_NUMBER_LENGTH]){ 0 },
                                 (double)(report->guesses.images - report->guesses.right)));
    else
        fputs("<h1>\u2026</h1>\n<p>The test images are looked at after each epoch.</p>\n", stream);
    write_facts(stream, report);
    fputs("</header>\n", stream);
}

/* ---- what made it ---- */

static void write_command(FILE *stream, const mnist_report *report)
{
    char *line = NULL;
    size_t length = 0;
    FILE *words = open_memstream(&line, &length);
    for (int i = 0; words && report->argv[i]; i++) {
        if (i > 0)
            fputc(' ', words);
        mnist_text_word(words, report->argv[i]);
    }
    if (words && fclose(words) == 0)
        mnist_html_text(stream, line);
    free(line);
}

static void write_row(FILE *stream, const char *name, const char *value)
{
    fprintf(stream, "<dt>%s</dt><dd>", name);
    mnist_html_text(stream, value);
    fputs("</dd>\n", stream);
}

static void write_making(FILE *stream, const mnist_report *report)
{
    const mnist_options *options = report->options;
    const mnist_data *data = report->data;
    char text[LENGTH], training[MNIST_NUMBER_LENGTH], test[MNIST_NUMBER_LENGTH];
    fputs("<section><h2>How it was made</h2>\n<div class=\"card\"><code>", stream);
    write_command(stream, report);
    fputs("</code>\n<dl class=\"made\">\n", stream);
    snprintf(text, sizeof text, "%llu", (unsigned long long)options->seed);
    write_row(stream, "seed", text);
    write_row(stream, "network", mnist_network_words[options->network]);
    write_row(stream, "activation", mnist_activation_words[options->activation]);
    snprintf(text, sizeof text, "%s training and %s test images%s",
             mnist_text_count(training, (double)data->training->count),
             mnist_text_count(test, (double)data->test->count), data->synthetic ? ", synthetic digits" : "");
    write_row(stream, "data", text);
    snprintf(text, sizeof text, "%s (%s, %d threads)", hg_version(), hg_simd_name(),
             hg_network_threads(report->network));
    write_row(stream, "hinge", text);
    fputs("</dl></div></section>\n", stream);
}

void mnist_report_page(FILE *stream, const mnist_report *report)
{
    write_head(stream, report);
    write_beginning(stream, report);
    if (report->epoch > 0) {
        mnist_report_charts(stream, report);
        mnist_report_epochs(stream, report);
    }
    mnist_report_filters(stream, report);
    if (report->guesses.images > 0) {
        mnist_report_confusion(stream, report);
        mnist_report_mistakes(stream, report);
    }
    mnist_report_network(stream, report);
    write_making(stream, report);
    fputs("</main>\n<script>\n", stream);
    mnist_html_lines(stream, mnist_report_script);
    fputs("</script>\n</body>\n</html>\n", stream);
}
