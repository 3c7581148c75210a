/* dead.png: dead units over epochs. */
#include <math.h>

#include "dying_relu_figures.h"
#include "dying_relu_layout.h"

enum { WIDTH = 1920, HEIGHT = 1000, LEGEND_LEFT = 1655, LEGEND_TOP = 110, LEGEND_STEP = 28 };
static const layout panels = { .left = 95, .top = 100, .width = 440, .height = 340, .across = 515, .down = 460 };
static const double PER_CENT = 100;

/* NAN where no run was finished. */
static double mean_dead(const experiment *experiment, int scenario, int activation, int epoch)
{
    double sum = 0;
    int runs = 0;
    for (int seed = 0; seed < experiment->seeds; seed++) {
        const run *run = experiment_find(experiment, scenario, activation, seed);
        if (!run)
            continue;
        const run_epoch *at = run_at(run, epoch);
        sum += PER_CENT * (double)at->dead / (double)at->units;
        runs++;
    }
    return runs > 0 ? sum / runs : NAN;
}

/* values: room for a number an epoch */
static void draw_scenario(const experiment *experiment, canvas *canvas, int number, double *values)
{
    char title[TITLE_LENGTH];
    panel panel = layout_panel(canvas, &panels, number % SETTINGS, number / SETTINGS);
    layout_title(title, &scenarios[number]);
    panel.title = title;
    panel.x = (axis){ .low = 0, .high = experiment->epochs, .label = "epoch", .whole = true };
    panel.y = (axis){ .low = 0, .high = PER_CENT, .label = number % SETTINGS == 0 ? "dead units (%)" : NULL };
    plot_frame(&panel);
    for (int a = 0; a < ACTIVATIONS; a++) {
        const style *style = &activation_styles[a];
        for (int epoch = 0; epoch <= experiment->epochs; epoch++)
            values[epoch] = mean_dead(experiment, number, a, epoch);
        plot_path(&panel, values, (size_t)experiment->epochs + 1, style->line, style->width, style->colour);
    }
}

static void draw_legend(const experiment *experiment, canvas *canvas)
{
    double y = LEGEND_TOP;
    for (int a = 0; a < ACTIVATIONS; a++) {
        const style *style = &activation_styles[a];
        if (!experiment->wanted[a])
            continue;
        plot_key(canvas, LEGEND_LEFT, y, style->line, style->width, style->colour, activation_words[a]);
        y += LEGEND_STEP;
    }
    static const char *const notes[] = { "solid: ReLU and", "learned thresholds", "dashed: the others",
                                         "mean of the seeds" };
    for (size_t i = 0; i < HG_COUNT(notes); i++)
        plot_note(canvas, LEGEND_LEFT, y + LEGEND_STEP * (double)(i + 1), notes[i]);
}

hg_status figure_dead(const experiment *experiment, const char *path, hg_error *error)
{
    canvas canvas;
    hg_status status = canvas_create(&canvas, WIDTH, HEIGHT, error);
    if (status != HG_OK)
        return status;
    double *values = hg_allocate((size_t)experiment->epochs + 1, sizeof *values);
    if (values) {
        layout_heading(&canvas, "Dead units over epochs");
        for (int s = 0; s < SCENARIOS; s++)
            draw_scenario(experiment, &canvas, s, values);
        draw_legend(experiment, &canvas);
        status = canvas_save(&canvas, path, error);
    } else {
        status = hg_fail(error, HG_NO_MEMORY, "no memory to draw %s", path);
    }
    hg_release(values);
    canvas_destroy(&canvas);
    return status;
}
