namespace HmsOrleans.Cli.Output;

/// <summary>Text about one thing, in sections.</summary>
internal sealed class Page(Terminal terminal)
{
    private const string Indent = "  ";

    /// <summary>What it is about.</summary>
    public void Title(string name, string before, string word, Tone tone, string after) => terminal.Out.WriteLine(
        $"{Tone.Strong.Paint(Words.Printable(name), terminal.HasColour)} {Words.Printable(before)}{tone.Paint(Words.Printable(word), terminal.HasColour)}{Words.Printable(after)}");

    public void Section(string title)
    {
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(Tone.Strong.Paint(title, terminal.HasColour));
    }

    public void Text(string text)
    {
        foreach (var line in Words.Wrap(Words.Printable(text), terminal.Width - Indent.Length))
        {
            terminal.Out.WriteLine(Indent + line);
        }
    }

    /// <summary>Names and what is to be said of each; those with nothing to say are left out.</summary>
    public void Facts(IEnumerable<(string Name, string? Text)> facts)
    {
        var known = facts.Where(fact => fact.Text is not null).ToList();
        var width = known.Count == 0 ? 0 : known.Max(fact => fact.Name.Length);
        var gap = width == 0 ? "" : new string(' ', width + 2);
        foreach (var (name, text) in known)
        {
            var before = width == 0 ? "" : name.PadRight(width + 2);
            foreach (var line in Words.Wrap(Words.Printable(text!), terminal.Width - Indent.Length - gap.Length))
            {
                terminal.Out.WriteLine(Indent + Tone.Faint.Paint(before, terminal.HasColour) + line);
                before = gap;
            }
        }
    }
}
