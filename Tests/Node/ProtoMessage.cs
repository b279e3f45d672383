using System.Buffers.Binary;
using System.Text;

namespace HmsOrleans.Tests.Node;

/// <summary>A message as protobuf writes it, read field by field without its description.</summary>
internal readonly struct ProtoMessage(ReadOnlyMemory<byte> bytes)
{
    /// <summary>The messages in a field that may come often.</summary>
    public IEnumerable<ProtoMessage> All(int field) => Fields().Where(one => one.Field == field).Select(one => new ProtoMessage(one.Bytes));

    /// <summary>A field's text; empty where it is not there.</summary>
    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field).Span);

    /// <summary>A field's bytes as hexadecimal digits; empty where it is not there.</summary>
    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field).Span);

    /// <summary>A field's number, of whatever length; 0 where it is not there.</summary>
    public ulong Number(int field) => Fields().LastOrDefault(one => one.Field == field).Number;

    private ReadOnlyMemory<byte> Bytes(int field) => Fields().LastOrDefault(one => one.Field == field).Bytes;

    private List<(int Field, ulong Number, ReadOnlyMemory<byte> Bytes)> Fields()
    {
        var fields = new List<(int, ulong, ReadOnlyMemory<byte>)>();
        var rest = bytes;
        while (!rest.IsEmpty)
        {
            var key = Varint(ref rest);
            var field = (int)(key >> 3);
            switch (key & 7)
            {
                case 0:
                    fields.Add((field, Varint(ref rest), default));
                    break;
                case 1:
                    fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(Take(ref rest, 8).Span), default));
                    break;
                case 2:
                    fields.Add((field, 0, Take(ref rest, (int)Varint(ref rest))));
                    break;
                case 5:
                    fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(Take(ref rest, 4).Span), default));
                    break;
                default:
                    throw new InvalidDataException($"field {field} is of a kind that there is not: {key & 7}");
            }
        }
        return fields;
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> rest)
    {
        var number = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = Take(ref rest, 1).Span[0];
            number |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return number;
            }
        }
    }

    private static ReadOnlyMemory<byte> Take(ref ReadOnlyMemory<byte> rest, int count)
    {
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
