/* Dead units with the weights as they are.
 *
 * The first samples run through the plan in which every layer's whole output
 * exists, and count zeros too; if some unit was not seen active by then, the rest
 * of the data set follows on the fast plan, until all were or it ends. */
#include <math.h>
#include <string.h>

#include "src/load.h"
#include "src/team.h"

enum { ROUND = 64 * HG_LANES /* samples between two looks at whether all units were active */ };

static size_t zeros_among(const hg_real *y, size_t units, size_t count)
{
    size_t zeros = 0;
    for (size_t u = 0; u < units; u++)
        for (size_t l = 0; l < count; l++)
            zeros += y[u * HG_LANES + l] == 0;
    return zeros;
}

/* zeros: one number a shard and activation layer, [shards][activations] */
static void count_zeros(const hg_network *network, shard *shard, size_t number, void *context)
{
    size_t *zeros = (size_t *)context + number * network->activation_count;
    shard_forward(network, shard, false);
    for (size_t i = 0; i < shard->plan->count; i++) {
        const plan_op *op = &shard->plan->ops[i];
        if (op->type->traits & HG_IS_ACTIVATION)
            zeros[network->nodes[op->node].activation] =
                zeros_among(shard_output(shard, i), shape_units(op->shape), shard->count);
    }
}

static void only_forward(const hg_network *network, shard *shard, size_t number, void *context)
{
    (void)number;
    (void)context;
    shard_forward(network, shard, false);
}

static bool all_active(const hg_network *network, const unsigned char *active)
{
    return !memchr(active, 0, network->unit_count);
}

static hg_status look_at_first(hg_network *network, const hg_dataset *dataset, size_t count, unsigned char *active,
                               hg_error *error)
{
    const size_t shards = (count + HG_LANES - 1) / HG_LANES, layers = network->activation_count;
    team *team;
    hg_status status = team_get(network, PLAN_INSPECT, &team, error);
    if (status)
        return status;
    size_t *zeros = hg_allocate(shards, (layers + 1) * sizeof *zeros);
    if (!zeros)
        return hg_fail(error, HG_NO_MEMORY, "no memory to count zeros in %zu layers", layers);
    team_forget_active(network, team);
    status = team_over_samples(network, team, dataset, 0, count, (team_job){ count_zeros, zeros }, error);
    team_collect_active(network, team, active);
    for (size_t i = 0; i < network->node_count && !status; i++) {
        const node *node = &network->nodes[i];
        if (!(node->type->traits & HG_IS_ACTIVATION))
            continue;
        size_t sum = 0;
        for (size_t s = 0; s < shards; s++)
            sum += zeros[s * layers + node->activation];
        hg_activation_report *report = &network->reports[node->activation];
        report->zero_samples = count;
        report->zero_share = (double)sum / ((double)count * (double)shape_units(node->shape));
    }
    hg_release(zeros);
    return status;
}

/* *looked goes on from the samples already looked at. */
static hg_status look_at_rest(hg_network *network, const hg_dataset *dataset, size_t *looked, unsigned char *active,
                              hg_error *error)
{
    team *team;
    hg_status status = team_get(network, PLAN_FAST, &team, error);
    if (status)
        return status;
    team_forget_active(network, team);
    while (!status && *looked < dataset->count && !all_active(network, active)) {
        const size_t left = dataset->count - *looked, count = left < ROUND ? left : ROUND;
        status = team_over_samples(network, team, dataset, *looked, count, (team_job){ only_forward, NULL }, error);
        team_collect_active(network, team, active);
        *looked += count;
    }
    return status;
}

static void report_units(hg_network *network, const node *node, const unsigned char *active,
                         hg_activation_report *report)
{
    unsigned char *unit = network->unit + node->first_unit;
    report->layer = node->name;
    report->units = (size_t)node->shape.channels;
    report->unit = unit;
    report->silent = report->dead = report->new_dead = report->revived = 0;
    for (size_t u = 0; u < report->units; u++) {
        const bool was_dead = unit[u] & HG_UNIT_DEAD, dead = !active[node->first_unit + u];
        const bool silent = network->silent[node->first_unit + u];
        unit[u] = (unsigned char)((dead ? HG_UNIT_DEAD : 0) | (silent ? HG_UNIT_SILENT : 0) |
                                  (dead && !was_dead ? HG_UNIT_NEW : 0) | (!dead && was_dead ? HG_UNIT_REVIVED : 0));
        report->dead += dead;
        report->silent += silent;
        report->new_dead += dead && !was_dead;
        report->revived += !dead && was_dead;
    }
}

static void report_thresholds(const hg_network *network, size_t index, hg_activation_report *report)
{
    const parameter *parameter = parameters_of_node(network, index, "threshold");
    if (!parameter)
        return;
    const hg_real *t = network->values + parameter->offset, *gradient = network->gradients + parameter->offset;
    report->thresholds = parameter->count;
    report->threshold_min = report->threshold_max = (double)t[0];
    double sum = 0, gradient_sum = 0;
    for (size_t i = 0; i < parameter->count; i++) {
        report->threshold_min = fmin(report->threshold_min, (double)t[i]);
        report->threshold_max = fmax(report->threshold_max, (double)t[i]);
        sum += (double)t[i];
        gradient_sum += fabs((double)gradient[i]);
    }
    report->threshold_mean = sum / (double)parameter->count;
    report->threshold_gradient = gradient_sum / (double)parameter->count;
}

hg_status hg_network_inspect(hg_network *network, const hg_dataset *dataset, const hg_activation_report **reports,
                             size_t *count, hg_error *error)
{
    hg_status status = load_check(network, dataset, "the data set", error);
    if (status)
        return status;
    unsigned char *active = hg_allocate(network->unit_count, 1);
    if (!active)
        return hg_fail(error, HG_NO_MEMORY, "no memory for the activity of %zu units", network->unit_count);
    size_t looked = dataset->count < HG_ZERO_SHARE_SAMPLES ? dataset->count : HG_ZERO_SHARE_SAMPLES;
    status = look_at_first(network, dataset, looked, active, error);
    if (!status)
        status = look_at_rest(network, dataset, &looked, active, error);
    for (size_t i = 0; i < network->node_count && !status; i++) {
        const node *node = &network->nodes[i];
        if (!(node->type->traits & HG_IS_ACTIVATION))
            continue;
        hg_activation_report *report = &network->reports[node->activation];
        report_units(network, node, active, report);
        report_thresholds(network, i, report);
        report->samples = looked;
    }
    hg_release(active);
    if (status)
        return status;
    *reports = network->reports;
    *count = network->activation_count;
    return HG_OK;
}
