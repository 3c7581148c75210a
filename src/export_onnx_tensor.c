/* Constants of an ONNX graph; see export_onnx.h. Their bytes are little-endian, as ONNX has them. */
#include "src/export_onnx.h"

#ifdef HINGE_ONNX
#include <string.h>

enum { BITS = 8 };

static void put(unsigned char *bytes, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (BITS * i));
}

static void put_float(unsigned char *bytes, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(bytes, sizeof bits, bits);
}

/* With `size` zero bytes to be filled in; NULL without memory. */
static HingeOnnx__TensorProto *add_tensor(export_onnx *o, size_t node, const char *short_name, int type, int rank,
                                          const size_t *shape, size_t size)
{
    HingeOnnx__TensorProto *made = export_onnx_take(o, 1, sizeof *made);
    int64_t *dims = export_onnx_take(o, (size_t)rank, sizeof *dims);
    unsigned char *bytes = export_onnx_take(o, size, 1);
    char *name = export_onnx_text(o, "%s.%s", o->network->nodes[node].name, short_name);
    if (!made || !dims || !bytes || !name)
        return NULL;
    hinge_onnx__tensor_proto__init(made);
    for (int i = 0; i < rank; i++)
        dims[i] = (int64_t)shape[i];
    made->n_dims = (size_t)rank;
    made->dims = dims;
    made->has_data_type = true;
    made->data_type = type;
    made->name = name;
    made->has_raw_data = true;
    made->raw_data = (ProtobufCBinaryData){ size, bytes };
    export_onnx_append(o, &o->tensors, made);
    return made;
}

static const char *add_parameter(export_onnx *o, size_t node, const char *short_name, int rank, const size_t *shape,
                                 size_t count)
{
    const hg_real *values = export_values(o->network, node, short_name);
    HingeOnnx__TensorProto *made =
        add_tensor(o, node, short_name, HINGE_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, shape, count * sizeof(float));
    for (size_t i = 0; i < count && made; i++)
        put_float(made->raw_data.data + i * sizeof(float), (float)values[i]);
    return made ? made->name : NULL;
}

const char *export_onnx_parameter(export_onnx *o, size_t node, const char *short_name)
{
    const parameter *parameter = export_parameter(o->network, node, short_name);
    return parameter ? add_parameter(o, node, short_name, parameter->spec.shape.rank, parameter->spec.shape.size,
                                     parameter->count)
                     : NULL;
}

const char *export_onnx_channels(export_onnx *o, size_t node, const char *short_name)
{
    enum { MAP_RANK = 3 };
    const size_t count = export_parameter(o->network, node, short_name)->count, shape[MAP_RANK] = { count, 1, 1 };
    const bool one_rank = count == 1 || export_onnx_is_flat(o, o->network->nodes[node].input[0]);
    return add_parameter(o, node, short_name, one_rank ? 1 : MAP_RANK, shape, count);
}

const char *export_onnx_numbers(export_onnx *o, size_t node, const char *short_name, const float *values, int rank,
                                const size_t *shape)
{
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= shape[i];
    HingeOnnx__TensorProto *made =
        add_tensor(o, node, short_name, HINGE_ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, rank, shape, count * sizeof(float));
    for (size_t i = 0; i < count && made && values; i++)
        put_float(made->raw_data.data + i * sizeof(float), values[i]);
    return made ? made->name : NULL;
}

const char *export_onnx_number(export_onnx *o, size_t node, const char *short_name, double value)
{
    return export_onnx_numbers(o, node, short_name, &(float){ (float)value }, 0, NULL);
}

const char *export_onnx_whole(export_onnx *o, size_t node, const char *short_name, const int *values, size_t count)
{
    HingeOnnx__TensorProto *made =
        add_tensor(o, node, short_name, HINGE_ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &count, count * sizeof(int64_t));
    for (size_t i = 0; i < count && made; i++)
        put(made->raw_data.data + i * sizeof(int64_t), sizeof(int64_t), (uint64_t)values[i]);
    return made ? made->name : NULL;
}
#endif
