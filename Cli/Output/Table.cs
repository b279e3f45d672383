using System.Text;

namespace HmsOrleans.Cli.Output;

/// <summary>Rows of something in aligned columns.</summary>
internal sealed class Table<T>
{
    private const string Gap = "  ";

    private readonly List<(string Title, bool Right, Func<T, string> Text, Func<T, Tone> Tone)> _columns = [];

    /// <summary>Adds a column of words.</summary>
    public Table<T> Text(string title, Func<T, string> text, Func<T, Tone>? tone = null) => Add(title, false, text, tone);

    /// <summary>Adds a column of figures.</summary>
    public Table<T> Figure(string title, Func<T, string> text, Func<T, Tone>? tone = null) => Add(title, true, text, tone);

    /// <summary>The rows under a title, each cut at the width.</summary>
    public IEnumerable<string> Lines(IReadOnlyCollection<T> rows, int? width, bool hasColour)
    {
        var cells = rows.Select(row => _columns.Select(column => (Text: Words.Printable(column.Text(row)), Tone: column.Tone(row))).ToArray()).ToList();
        cells.Insert(0, [.. _columns.Select(column => (column.Title, Tone.Faint))]);
        var widths = _columns.Select((_, column) => cells.Max(row => row[column].Text.Length)).ToArray();
        return cells.Select(row => Line(row, widths, width, hasColour));
    }

    public void Write(IReadOnlyCollection<T> rows, Terminal terminal)
    {
        foreach (var line in Lines(rows, terminal.Width, terminal.HasColour))
        {
            terminal.Out.WriteLine(line);
        }
    }

    private Table<T> Add(string title, bool right, Func<T, string> text, Func<T, Tone>? tone)
    {
        _columns.Add((title, right, text, tone ?? (_ => Tone.Plain)));
        return this;
    }

    private string Line((string Text, Tone Tone)[] row, int[] widths, int? width, bool hasColour)
    {
        var line = new StringBuilder();
        var left = width ?? int.MaxValue;
        for (var column = 0; column < row.Length && left > 0; column++)
        {
            var (text, tone) = row[column];
            var pad = new string(' ', widths[column] - text.Length);
            var before = (column == 0 ? "" : Gap) + (_columns[column].Right ? pad : "");
            var after = _columns[column].Right ? "" : pad;
            if (before.Length >= left)
            {
                break;
            }
            left -= before.Length;
            if (text.Length > left)
            {
                text = text[..(left - 1)] + "…";
            }
            left -= text.Length;
            after = after[..Math.Min(after.Length, left)];
            left -= after.Length;
            line.Append(before).Append(tone.Paint(text, hasColour)).Append(after);
        }
        return line.ToString().TrimEnd();
    }
}
