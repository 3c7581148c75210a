/* accuracy.png: final test accuracy, every seed, mean and standard deviation. */
#include <math.h>
#include <stdio.h>

#include "dying_relu_figures.h"
#include "dying_relu_layout.h"

enum { WIDTH = 1920, HEIGHT = 1100 };
static const layout panels = { .left = 210, .top = 100, .width = 510, .height = 380, .across = 570, .down = 500 };
static const double PER_CENT = 100;

/* Of what is drawn in a panel, with a margin. */
static axis accuracy_axis(const experiment *experiment, int scenario)
{
    const double margin = 0.04;
    double low = PER_CENT, high = 0;
    for (int a = 0; a < ACTIVATIONS; a++) {
        const summary row = summarize(experiment, scenario, a);
        for (int seed = 0; seed < experiment->seeds; seed++) {
            const run *run = experiment_find(experiment, scenario, a, seed);
            low = fmin(low, run ? PER_CENT * run->test_accuracy : low);
            high = fmax(high, run ? PER_CENT * run->test_accuracy : high);
        }
        if (row.runs > 1) {
            low = fmin(low, row.accuracy - row.deviation);
            high = fmax(high, row.accuracy + row.deviation);
        }
    }
    if (!(low < high))
        return (axis){ .low = 0, .high = PER_CENT };
    const double space = margin * (high - low);
    return (axis){ .low = fmax(low - space, 0), .high = fmin(high + space, PER_CENT) };
}

static void draw_seeds(const panel *panel, const experiment *experiment, int scenario, int activation, double y)
{
    const double radius = 3.5, opacity = 0.35;
    for (int seed = 0; seed < experiment->seeds; seed++) {
        const run *run = experiment_find(experiment, scenario, activation, seed);
        if (run)
            canvas_disc(panel->canvas, plot_x(panel, PER_CENT * run->test_accuracy), y, radius,
                        activation_styles[activation].colour, opacity);
    }
}

static void draw_row(const panel *panel, const experiment *experiment, int scenario, int activation, double y)
{
    const double radius = 6, bar = 3, cap = 6, above = 5;
    const colour colour = activation_styles[activation].colour;
    const summary row = summarize(experiment, scenario, activation);
    draw_seeds(panel, experiment, scenario, activation, y + above);
    if (row.runs == 0)
        return;
    if (row.runs > 1) {
        const double left = plot_x(panel, row.accuracy - row.deviation);
        const double right = plot_x(panel, row.accuracy + row.deviation);
        canvas_line(panel->canvas, left, y - above, right, y - above, bar, colour);
        canvas_line(panel->canvas, left, y - above - cap, left, y - above + cap, bar, colour);
        canvas_line(panel->canvas, right, y - above - cap, right, y - above + cap, bar, colour);
    }
    canvas_disc(panel->canvas, plot_x(panel, row.accuracy), y - above, radius, colour, 1);
}

static void draw_scenario(const experiment *experiment, canvas *canvas, int number)
{
    char title[TITLE_LENGTH];
    const double gap = 12;
    int rows = 0, at = 0;
    panel panel = layout_panel(canvas, &panels, number % SETTINGS, number / SETTINGS);
    layout_title(title, &scenarios[number]);
    panel.title = title;
    panel.x = accuracy_axis(experiment, number);
    panel.x.label = "test accuracy in the end (%)";
    panel.y = (axis){ .low = 0, .high = 1, .no_ticks = true };
    plot_frame(&panel);
    for (int a = 0; a < ACTIVATIONS; a++)
        rows += experiment->wanted[a];
    for (int a = 0; a < ACTIVATIONS; a++) {
        if (!experiment->wanted[a])
            continue;
        const double y = panel.top + (panel.bottom - panel.top) * (at++ + 0.5) / rows;
        draw_row(&panel, experiment, number, a, y);
        if (number % SETTINGS == 0)
            canvas_text(canvas, panel.left - gap, y, PLOT_TEXT_SIZE, TEXT_RIGHT, activation_words[a], PLOT_BLACK);
    }
}

hg_status figure_accuracy(const experiment *experiment, const char *path, hg_error *error)
{
    canvas canvas;
    hg_status status = canvas_create(&canvas, WIDTH, HEIGHT, error);
    if (status != HG_OK)
        return status;
    layout_heading(&canvas, "Final test accuracy");
    for (int s = 0; s < SCENARIOS; s++)
        draw_scenario(experiment, &canvas, s);
    plot_note(&canvas, panels.left, HEIGHT - 25,
              "large dot: mean of the seeds, bar: standard deviation to either side, small dots: single seeds; the "
              "axes differ");
    status = canvas_save(&canvas, path, error);
    canvas_destroy(&canvas);
    return status;
}
