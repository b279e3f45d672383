using System.Globalization;
using System.Runtime.CompilerServices;

namespace HmsOrleans.Tests.Engine;

/// <summary>An engine's events as they come. Free of xunit, so that the benchmarks use it too.</summary>
internal static class EventStream
{
    /// <summary>All events from a moment on, as far as the engine remembers them. The sequence ends when the engine does.</summary>
    public static async Task<IAsyncEnumerable<EngineEvent>> OpenAsync(HttpClient engine, DateTimeOffset since, CancellationToken token)
    {
        var from = string.Create(CultureInfo.InvariantCulture, $"{since.ToUnixTimeSeconds()}.{since.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick:000000000}");
        var response = await engine.GetAsync(new Uri($"events?since={from}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, token);
        return ReadAsync(response.EnsureSuccessStatusCode(), token);
    }

    private static async IAsyncEnumerable<EngineEvent> ReadAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken token)
    {
        using (response)
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(token));
            while (await LineAsync(reader, token) is { } line)
            {
                yield return EngineEvent.Parse(line);
            }
        }
    }

    private static async Task<string?> LineAsync(StreamReader reader, CancellationToken token)
    {
        try
        {
            return await reader.ReadLineAsync(token);
        }
        catch (Exception e) when (e is HttpIOException or IOException)
        {
            return null; // the engine was killed
        }
    }
}
