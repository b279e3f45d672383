using System.Text;
using HmsOrleans.Cli.Commands;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Watch;

/// <summary>A list that is redrawn in place. What was on the terminal before is there again afterwards.</summary>
internal sealed class Screen(Terminal terminal, Uri url, FleetPicture picture, TimeProvider time)
{
    private const string Begin = "\e[?1049h\e[?25l";
    private const string End = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string RestOfLine = "\e[K";
    private const string RestOfScreen = "\e[J";

    /// <summary>As often as an eye can follow, however fast the news come.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private DateTimeOffset? _asOf;

    public async Task RunAsync(FleetFeed feed, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(feed, ending.Token);
        using var ticks = new PeriodicTimer(Tick, time);
        terminal.Out.Write(Begin);
        try
        {
            while (!reading.IsCompleted)
            {
                Draw(feed.Trouble);
                await Task.WhenAny(reading, ticks.WaitForNextTickAsync(cancellationToken).AsTask());
                cancellationToken.ThrowIfCancellationRequested();
            }
            await reading;
        }
        finally
        {
            await ending.CancelAsync();
            terminal.Out.Write(End);
            terminal.Out.Flush();
        }
    }

    /// <summary>The screen as it is now, without what moves the cursor.</summary>
    public IEnumerable<string> Lines(string? trouble)
    {
        lock (_lock)
        {
            var containers = picture.Containers.ToList();
            var counts = containers.CountBy(container => container.View.Health).OrderByDescending(count => count.Value).Select(count => $"{count.Value} {count.Key}");
            var head = $"{url.GetLeftPart(UriPartial.Authority)}  {Words.Count(containers.Count, "container", "containers")} on {Words.Count(picture.HostCount, "host", "hosts")}: {string.Join(", ", counts)}";
            var notes = picture.BlindHosts.Select(host => $"{host.Address}: {host.Why}").ToList();
            if (trouble is not null)
            {
                notes.Add($"{trouble}; this is as of {(_asOf is { } at ? Words.TimeOfDay(at) : "never")} UTC, trying again");
            }
            List<string> lines = [Tone.Strong.Paint(Cut(head), terminal.HasColour), .. notes.Select(note => Tone.Bad.Paint(Cut(note), terminal.HasColour)), ""];
            var room = (terminal.Height ?? int.MaxValue) - lines.Count - 3;
            var shown = containers.Take(Math.Max(room, 0)).ToList();
            lines.AddRange(PsCommand.Table(picture.HostCount > 1).Lines(shown, terminal.Width, terminal.HasColour));
            lines.Add("");
            lines.Add(Tone.Faint.Paint(Cut($"{Words.TimeOfDay(time.GetUtcNow())} UTC{(shown.Count < containers.Count ? $", {containers.Count - shown.Count} more" : "")}, Ctrl-C ends"), terminal.HasColour));
            return lines;
        }
    }

    private async Task ReadAsync(FleetFeed feed, CancellationToken cancellationToken)
    {
        await foreach (var news in feed.ReadAsync(cancellationToken))
        {
            lock (_lock)
            {
                picture.Take(news);
                _asOf = time.GetUtcNow();
            }
        }
    }

    private void Draw(string? trouble)
    {
        var frame = new StringBuilder(Home);
        // No line feed after the last line: it would scroll.
        frame.AppendJoin('\n', Lines(trouble).Select(line => line + RestOfLine)).Append(RestOfScreen);
        terminal.Out.Write(frame.ToString());
        terminal.Out.Flush();
    }

    private string Cut(string text)
    {
        var printable = Words.Printable(text);
        return terminal.Width is { } width && printable.Length > width ? printable[..(width - 1)] + "…" : printable;
    }
}
