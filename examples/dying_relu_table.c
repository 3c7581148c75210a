/* The result as text: a block for each scenario, and the thresholds. */
#include <math.h>

#include "dying_relu_table.h"
#include "mnist_text.h"

enum { NAME_WIDTH = 13, THRESHOLD_WIDTH = 6, CELL_LENGTH = 64 };

static const double PER_CENT = 100;

/* ---- accuracy and dead units ---- */

static void print_difference(FILE *stream, const summary *summary)
{
    char cell[CELL_LENGTH] = "";
    /* of two seeds it may be wider than all accuracies */
    const int decimals = summary->half_width < PER_CENT ? 2 : 0;
    const double low = summary->difference - summary->half_width, high = summary->difference + summary->half_width;
    if (isnan(summary->half_width))
        snprintf(cell, sizeof cell, "%+6.2f", summary->difference);
    else
        snprintf(cell, sizeof cell, "%+6.2f (%+.*f to %+.*f)%s", summary->difference, decimals, low, decimals, high,
                 low > 0 || high < 0 ? " *" : "");
    fprintf(stream, "  %-28s", cell);
}

static void print_row(FILE *stream, const summary *summary, int activation)
{
    char failed[CELL_LENGTH];
    fprintf(stream, "  %-*s", NAME_WIDTH, activation_words[activation]);
    if (summary->runs == 0) {
        fputs(" not finished\n", stream);
        return;
    }
    fprintf(stream, "%6.2f", summary->accuracy);
    if (summary->runs > 1)
        fprintf(stream, " %s%5.2f", mnist_text_utf8() ? "\u00b1" : "+", summary->deviation);
    else
        fprintf(stream, "%7s", "");
    if (activation == RELU || summary->pairs == 0)
        fprintf(stream, "  %-28s", "");
    else
        print_difference(stream, summary);
    snprintf(failed, sizeof failed, "%zu/%zu", summary->failed, summary->runs);
    fprintf(stream, "%6.1f%9.1f%7s\n", PER_CENT * summary->dead, PER_CENT * summary->silent, failed);
}

static void print_scenario(FILE *stream, const experiment *experiment, int number)
{
    const scenario *scenario = &scenarios[number];
    fprintf(stream, "\n%s, %s: learning rate %g, biases from %g\n", scenario->network_title, scenario->setting_title,
            scenario->learning_rate, scenario->bias);
    fprintf(stream, "  %-*s%13s  %-28s%6s%9s%7s\n", NAME_WIDTH, "", "accuracy %", "over relu (95 % interval)", "dead %",
            "silent %", "failed");
    for (int a = 0; a < ACTIVATIONS; a++) {
        if (!experiment->wanted[a])
            continue;
        const summary row = summarize(experiment, number, a);
        print_row(stream, &row, a);
    }
}

/* ---- thresholds ---- */

static void print_cell(FILE *stream, const summary *summary)
{
    char text[MNIST_NUMBER_LENGTH];
    const double thresholds[] = { summary->threshold_min, summary->threshold_mean, summary->threshold_max };
    for (size_t i = 0; i < HG_COUNT(thresholds); i++)
        fprintf(stream, " %*s", THRESHOLD_WIDTH,
                summary->thresholds ? mnist_text_fixed(text, THRESHOLD_WIDTH, 2, thresholds[i]) : "");
}

/* One row, where the activation learns thresholds; the heading before the first. */
static void print_thresholds(FILE *stream, const experiment *experiment, int network, int activation, bool *headed)
{
    summary cells[SETTINGS];
    const summary *any = NULL;
    for (int i = 0; i < SETTINGS; i++) {
        cells[i] = summarize(experiment, network * SETTINGS + i, activation);
        any = cells[i].thresholds ? &cells[i] : any;
    }
    if (!any)
        return;
    if (!*headed) {
        const scenario *row = &scenarios[network * SETTINGS];
        fprintf(stream, "\nthresholds in the end, %s: smallest, mean, largest\n", row->network_title);
        fprintf(stream, "  %-*s%4s", NAME_WIDTH - 2, "", "from");
        for (int i = 0; i < SETTINGS; i++)
            fprintf(stream, "%*s", 3 * (THRESHOLD_WIDTH + 1), row[i].setting_title);
        fputc('\n', stream);
        *headed = true;
    }
    fprintf(stream, "  %-*s%4.2f", NAME_WIDTH - 2, activation_words[activation], any->threshold_start);
    for (int i = 0; i < SETTINGS; i++)
        print_cell(stream, &cells[i]);
    fputc('\n', stream);
}

static const char *const legend[] = {
    "accuracy: on test images, mean and standard deviation over the seeds",
    "over relu: mean difference, in points, between runs of one seed, which start and shuffle alike; the interval is "
    "Student's t over the seeds, rough where some runs fail; *: it leaves out 0, as one in twenty would by chance",
    "dead: units active for no training image; silent: for none in the last epoch. Of all but relu, noisy_relu, floor, "
    "ceiling, shift and gate read \"never positive\": some gradient passes all the same",
    "failed: a loss or gradient was not finite, or the accuracy in the end is below 20 %",
};

void table_print(FILE *stream, const experiment *experiment)
{
    for (int s = 0; s < SCENARIOS; s++)
        print_scenario(stream, experiment, s);
    for (int network = 0; network < NETWORKS; network++) {
        bool headed = false;
        for (int a = 0; a < ACTIVATIONS; a++)
            print_thresholds(stream, experiment, network, a, &headed);
    }
    fputc('\n', stream);
    for (size_t i = 0; i < HG_COUNT(legend); i++)
        mnist_text_line(stream, "%s", legend[i]);
}
