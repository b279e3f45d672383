using System.Text;

namespace HmsOrleans.Grains.News;

/// <summary>Reads what has a length, which is not believed before there is as much.</summary>
internal static class PackedText
{
    public static byte[] ReadPart(this BinaryReader reader, int length) => length >= 0 && length <= reader.BaseStream.Length - reader.BaseStream.Position
        ? reader.ReadBytes(length)
        : throw new EndOfStreamException();

    public static string ReadText(this BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadPart(reader.Read7BitEncodedInt()));
}
