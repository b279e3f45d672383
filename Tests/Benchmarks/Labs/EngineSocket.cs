using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using HmsOrleans.Tests.Engine;

namespace HmsOrleans.Benchmarks.Labs;

/// <summary>The engine's own interface, bare: what is sent through it costs the least that a call can cost.</summary>
internal sealed class EngineSocket(string path) : IDisposable
{
    private readonly HttpClient _http = EngineHttp.To(path, TimeSpan.FromSeconds(100));

    /// <summary>Carries out a call without a body; what the engine refuses is for the caller to judge.</summary>
    public async Task<HttpStatusCode> PostAsync(string call, CancellationToken token)
    {
        using var reply = await _http.PostAsync(new Uri(call, UriKind.Relative), null, token);
        return reply.StatusCode;
    }

    /// <summary>Carries out a call; throws when the engine refuses.</summary>
    public async Task OrderAsync(string call, CancellationToken token)
    {
        using var reply = await _http.PostAsync(new Uri(call, UriKind.Relative), null, token);
        if (!reply.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"the engine refused {call}: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync(token)}");
        }
    }

    public Task<JsonElement> InspectAsync(string id, CancellationToken token) =>
        _http.GetFromJsonAsync<JsonElement>(new Uri($"containers/{id}/json", UriKind.Relative), token);

    /// <summary>All events from a moment on, as far as the engine remembers them. The sequence ends when the engine does.</summary>
    public Task<IAsyncEnumerable<EngineEvent>> EventsAsync(DateTimeOffset since, CancellationToken token) => EventStream.OpenAsync(_http, since, token);

    /// <summary>Process 1 of a container, seen from the host; 0 when it is not running.</summary>
    public async Task<int> PidOfAsync(string id, CancellationToken token) =>
        (await InspectAsync(id, token)).GetProperty("State").GetProperty("Pid").GetInt32();

    /// <summary>The address of a container on its first network; empty when it is not running.</summary>
    public async Task<string> AddressOfAsync(string id, CancellationToken token) =>
        (await InspectAsync(id, token)).GetProperty("NetworkSettings").GetProperty("Networks").EnumerateObject().First().Value.GetProperty("IPAddress").GetString()!;

    public void Dispose() => _http.Dispose();
}
