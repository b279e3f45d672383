using System.Text.Json;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Commands;
using HmsOrleans.Cli.Output;
using HmsOrleans.Cli.Watch;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace HmsOrleans.Tests.Cli;

/// <summary>How things look, without a server.</summary>
public sealed class OutputTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly Table<(string Name, double Size)> Table = new Table<(string Name, double Size)>()
        .Text("NAME", row => row.Name, _ => Tone.Good).Figure("SIZE", row => Words.Number(row.Size)).Text("DETAILS", row => $"about {row.Name}");

    [Fact]
    public void A_table_is_aligned_and_has_no_spaces_at_the_ends_of_lines() => Assert.Equal(
        ["NAME    SIZE  DETAILS", "a          1  about a", "longer  12.5  about longer"],
        Table.Lines([("a", 1), ("longer", 12.5)], null, false));

    [Fact]
    public void A_table_is_cut_at_the_width_of_the_terminal()
    {
        Assert.Equal(["NAME    SIZE  DET…", "longer    12  abo…"], Table.Lines([("longer", 12)], 18, false));
        for (var width = 1; width < 30; width++)
        {
            Assert.All(Table.Lines([("longer", 12)], width, false), line => Assert.True(line.Length <= width, $"{width}: {line}"));
        }
    }

    [Fact]
    public void Colours_change_nothing_but_the_colour()
    {
        var coloured = Table.Lines([("longer", 12)], 18, true).ToList();

        Assert.Equal("\e[32mlonger\e[0m    12  abo…", coloured[1]);
        Assert.Equal(Table.Lines([("longer", 12)], 18, false), coloured.Select(line => System.Text.RegularExpressions.Regex.Replace(line, "\e\\[[0-9]+m", "")));
    }

    [Theory]
    [InlineData("plain ümlaut 漢", "plain ümlaut 漢")]
    [InlineData("\e[2Jgone", "?[2Jgone")]
    [InlineData("two\r\nlines\tand a tab", "two  lines and a tab")]
    [InlineData("right\u202Eto left\u009b1A", "right?to left?1A")]
    public void Foreign_text_cannot_steer_the_terminal(string given, string shown) => Assert.Equal(shown, Words.Printable(given));

    [Fact]
    public void Half_a_character_is_none() => Assert.Equal("half \ufffd a pair", Words.Printable($"half {'\ud800'} a pair"));

    [Theory]
    [InlineData(0.0123, "0.01 s")]
    [InlineData(8, "8 s")]
    [InlineData(119.96, "120 s")]
    [InlineData(125, "2 min")]
    [InlineData(7300, "2 h")]
    [InlineData(864000, "10 d")]
    public void A_span_is_told_in_its_largest_unit(double seconds, string shown) => Assert.Equal(shown, Words.Span(seconds));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(512L, "512 B")]
    [InlineData(12_582_912L, "12.0 MiB")]
    [InlineData(200L << 30, "200 GiB")]
    public void Bytes_are_told_in_a_unit_that_fits(long? bytes, string shown) => Assert.Equal(shown, Words.Bytes(bytes));

    [Fact]
    public void Text_is_wrapped_between_words() =>
        Assert.Equal(["one two", "three", "overlongword", "four"], Words.Wrap("one two three overlongword four", 8));

    [Theory]
    [InlineData("90s", "2026-01-02T11:58:30Z")]
    [InlineData("2h", "2026-01-02T10:00:00Z")]
    [InlineData("1.5D", "2026-01-01T00:00:00Z")]
    [InlineData("2025-12-31T23:00Z", "2025-12-31T23:00:00Z")]
    [InlineData("2025-12-31T23:00:00+01:00", "2025-12-31T22:00:00Z")]
    [InlineData("yesterday", null)]
    [InlineData("2x", null)]
    [InlineData("-2h", null)]
    [InlineData("1e9d", null)]
    [InlineData("", null)]
    public void A_time_is_given_as_such_or_as_how_long_ago(string given, string? time) =>
        Assert.Equal(time is null ? null : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture), Times.Past(given, Noon));

    [Theory]
    [InlineData("web", "h1/web")]
    [InlineData("db", "h1/db h2/db")]
    [InlineData("h2/db", "h2/db")]
    [InlineData("3F", "h1/web h2/db")]
    [InlineData("h1/3f", "h1/web")]
    [InlineData("aa0", "h1/db")]
    [InlineData("aa00", "h2/aa00")]
    [InlineData("nobody", "")]
    [InlineData("h1/", "")]
    [InlineData("h3/web", "")]
    public void A_container_is_found_on_whichever_host(string given, string found) => Assert.Equal(
        found,
        string.Join(' ', ContainerPick.Find([Of("h1", "web", "3f00"), Of("h1", "db", "aa01"), Of("h2", "db", "3f01"), Of("h2", "aa00", "bb00")], given)
            .Select(container => $"{container.Host}/{container.Name}")));

    [Fact]
    public void A_picture_tells_changes_of_state_and_nothing_else()
    {
        var picture = new FleetPicture(null);

        Assert.Empty(picture.Take(Everything("updated", ("web", "healthy", 0), ("db", "healthy", 0))));
        Assert.Empty(picture.Take(Everything("updatePresent", ("web", "healthy", 5), ("db", "healthy", 0))));
        Assert.Equal(["web healthy -> restarting"], Told(picture.Take(Changes("web", "restarting"))));
        Assert.Equal(["new new -> starting"], Told(picture.Take(Changes("new", "starting"))));
        Assert.Equal(["db healthy -> gone"], Told(picture.Take(new FleetNews.Changes(new(null, null, [new("h1", "id-db"), new("h1", "id-nobody")])))));
        Assert.Equal([" watched -> blind"], Told(picture.Take(Everything("offline", ("web", "restarting", 0), ("new", "starting", 0)))));
        Assert.Equal(["new", "web"], picture.Containers.Select(container => container.View.Name));
        Assert.All(picture.Containers, container => Assert.True(container.IsInTrouble));
        Assert.Equal(["new starting -> gone", " blind -> watched"], Told(picture.Take(Everything("updated", ("web", "restarting", 0)))).Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public void A_screen_shows_trouble_first_and_never_more_than_fits()
    {
        var picture = new FleetPicture(null);
        picture.Take(Everything("updated", [.. Enumerable.Range(0, 50).Select(number => ($"web{number:00}", number == 33 ? "quarantined" : "healthy", 0))]));
        using var terminal = new Terminal(TextWriter.Null, TextWriter.Null, true, false, () => (60, 20));

        var lines = new Screen(terminal, new("http://127.0.0.1:8080"), picture, new FakeTimeProvider(Noon)).Lines(null).ToList();

        Assert.Equal("http://127.0.0.1:8080  50 containers on 1 host: 49 healthy,…", lines[0]);
        Assert.StartsWith("CONTAINER  STATE", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("web33      quarantined", lines[3], StringComparison.Ordinal);
        Assert.Equal("12:00:00 UTC, 35 more, Ctrl-C ends", lines[^1]);
        Assert.Equal(20, lines.Count);
        Assert.All(lines, line => Assert.True(line.Length <= 60));
    }

    private static IEnumerable<string> Told(IEnumerable<StateChange> changes) => changes.Select(change => $"{change.Container} {change.From} -> {change.To}");

    private static Container Of(string host, string name, string id) => View(name, "healthy", 0) with { Host = host, Id = id };

    private static Container View(string name, string health, double loss) =>
        new($"id-{name}", name, name, "image", "h1", "running", "up", health, loss, null, null, 60, 0, null, "", null);

    private static FleetNews.Changes Changes(string name, string health) => new(new([], [Json(View(name, health, 0))], []));

    private static FleetNews.Everything Everything(string state, params (string Name, string Health, double Loss)[] containers)
    {
        Host[] hosts = [new("h1", state, Noon, null, [.. containers.Select(container => View(container.Name, container.Health, container.Loss))])];
        return new(new(hosts, JsonSerializer.SerializeToElement(hosts, ApiJson.Default.HostArray), null));
    }

    private static JsonElement Json(Container view) => JsonSerializer.SerializeToElement(view, ApiJson.Default.Container);
}
