using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace HmsOrleans.Cli.Output;

/// <summary>JSON as text for programs and people: nothing is escaped but what JSON, and a terminal, needs escaped.</summary>
internal static class JsonText
{
    public static string Of(JsonElement json) => Write(isIndented: true, json.WriteTo);

    public static string Of(IEnumerable<JsonElement> array) => Write(isIndented: true, writer =>
    {
        writer.WriteStartArray();
        foreach (var element in array)
        {
            element.WriteTo(writer);
        }
        writer.WriteEndArray();
    });

    public static string Write(bool isIndented, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new() { Indented = isIndented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            write(writer);
        }
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
