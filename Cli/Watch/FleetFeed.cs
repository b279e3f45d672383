using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using HmsOrleans.Cli.Client;
using HmsOrleans.Cli.Commands;
using HmsOrleans.Cli.Output;

namespace HmsOrleans.Cli.Watch;

/// <summary>
/// What happens in the fleet: a snapshot, then what changes, from GET /events.
/// The first failure is the caller's; later ones are waited out, for a watch goes on when a node is started again.
/// </summary>
internal sealed class FleetFeed(ApiClient api, TimeProvider time, TextWriter complaints)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Three signs of life, which a server gives every 15 s, and some.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(50);

    private string? _lastEventId;

    /// <summary>Why nothing comes at present; null while it does.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The news as they come, until the token ends it.</summary>
    public async IAsyncEnumerable<FleetNews> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hasBegun = false;
        while (true)
        {
            await using var news = OnceAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await NextAsync(news, hasBegun))
            {
                hasBegun = true;
                if (news.Current is FleetNews.Silence silence)
                {
                    Note(silence.Reason);
                    continue;
                }
                Note(null);
                yield return news.Current;
            }
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<FleetNews> news, bool hasBegun)
    {
        try
        {
            if (await news.MoveNextAsync())
            {
                return true;
            }
            Note("the connection was closed");
            return false;
        }
        catch (Exception e) when (hasBegun && e is (CommandFailedException { ExitCode: not ExitCode.NotAllowed }) or HttpIOException or IOException or JsonException)
        {
            Note(e.Message);
            return false;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            throw new CommandFailedException(ExitCode.Failed, $"{api.Url} broke off its news before the first: {e.Message}", e);
        }
    }

    private void Note(string? trouble)
    {
        if (trouble is not null && Trouble is null)
        {
            complaints.WriteLine(Words.Printable($"hms: {trouble}; trying again"));
        }
        Trouble = trouble;
    }

    private async IAsyncEnumerable<FleetNews> OnceAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await api.OpenEventsAsync(_lastEventId, cancellationToken);
        await using var stream = new BeatingStream(await response.Content.ReadAsStreamAsync(cancellationToken), Silence);
        var parser = SseParser.Create(stream, (type, bytes) => Parse(type, bytes));
        await foreach (var item in parser.EnumerateAsync(cancellationToken))
        {
            _lastEventId = parser.LastEventId;
            if (item.Data is { } news)
            {
                yield return news;
            }
        }
    }

    /// <summary>Null for what a watch has no use for.</summary>
    private static FleetNews? Parse(string type, ReadOnlySpan<byte> json)
    {
        switch (type)
        {
            case "snapshot":
                var hosts = JsonSerializer.Deserialize(json, ApiJson.Default.Snapshot)!.Hosts;
                return new FleetNews.Everything(new(hosts.Deserialize(ApiJson.Default.HostArray)!, hosts, null));
            case "delta":
                return new FleetNews.Changes(JsonSerializer.Deserialize(json, ApiJson.Default.Delta)!);
            case "silent":
                return JsonSerializer.Deserialize(json, ApiJson.Default.Silence);
            default:
                return null; // An incident; or a gap, after which a snapshot comes.
        }
    }
}

/// <summary>What happened in the fleet.</summary>
internal abstract record FleetNews
{
    /// <summary>All there is.</summary>
    public sealed record Everything(Answer<Host[]> Hosts) : FleetNews;

    /// <summary>What has changed.</summary>
    public sealed record Changes(Delta Delta) : FleetNews;

    /// <summary>Nothing is known at the moment; everything comes when that is over.</summary>
    public sealed record Silence(string Reason) : FleetNews;
}
