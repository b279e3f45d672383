using System.Globalization;
using System.Text;

namespace HmsOrleans.Antagonist.Campaigns;

/// <summary>Files of comma-separated values (RFC 4180), with a line of names first.</summary>
internal static class Csv
{
    /// <summary>Writes a file. Nothing is written as nothing, numbers the same everywhere.</summary>
    public static void Write(string path, IReadOnlyList<string> names, IEnumerable<IReadOnlyList<object?>> rows)
    {
        using var file = new StreamWriter(path);
        file.Write(string.Join(',', names.Select(Quoted)) + "\n");
        foreach (var row in rows)
        {
            file.Write(string.Join(',', row.Select(Text)) + "\n");
        }
    }

    public static IEnumerable<Row> Read(string path)
    {
        using var file = new StreamReader(path);
        foreach (var row in Read(file, path))
        {
            yield return row;
        }
    }

    /// <param name="file">What is in it.</param>
    /// <param name="path">What it is called when it is broken.</param>
    public static IEnumerable<Row> Read(TextReader file, string path)
    {
        var names = new Dictionary<string, int>();
        foreach (var name in ReadLine(file) ?? throw new FormatException($"{path} is empty"))
        {
            names[name] = names.Count;
        }
        while (ReadLine(file) is { } values)
        {
            yield return values.Count == names.Count ? new(names, values) : throw new FormatException($"a line of {path} has {values.Count} values, not {names.Count}");
        }
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        double number => Math.Round(number, 4).ToString(CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => Quoted(value.ToString() ?? ""),
    };

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    /// <returns>Null at the end of the file.</returns>
    private static List<string>? ReadLine(TextReader file)
    {
        if (file.Peek() < 0)
        {
            return null;
        }
        var values = new List<string>();
        var value = new StringBuilder();
        for (var isQuoted = false; ;)
        {
            var next = file.Read();
            if (isQuoted && next == '"' && file.Peek() == '"')
            {
                value.Append((char)file.Read());
            }
            else if (next == '"')
            {
                isQuoted = !isQuoted;
            }
            else if (next < 0 || (!isQuoted && next is (',' or '\n')))
            {
                values.Add(value.ToString());
                value.Clear();
                if (next is '\n' or < 0)
                {
                    return values;
                }
            }
            else
            {
                value.Append((char)next);
            }
        }
    }

    /// <summary>A line.</summary>
    internal readonly struct Row(IReadOnlyDictionary<string, int> names, IReadOnlyList<string> values)
    {
        public string Text(string name) => values[names[name]];

        public string? TextOrNull(string name) => Text(name) is { Length: > 0 } text ? text : null;

        public double Number(string name) => double.Parse(Text(name), CultureInfo.InvariantCulture);

        public double? NumberOrNull(string name) => Text(name).Length > 0 ? Number(name) : null;

        public long Whole(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

        public long? WholeOrNull(string name) => Text(name).Length > 0 ? Whole(name) : null;

        public T Word<T>(string name) where T : struct, Enum => Enum.Parse<T>(Text(name));

        public T? WordOrNull<T>(string name) where T : struct, Enum => Text(name).Length > 0 ? Word<T>(name) : null;
    }
}
