using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using HmsOrleans.Cli.Commands;

namespace HmsOrleans.Cli.Client;

/// <summary>Speaks to the REST API. What it refuses becomes a <see cref="CommandFailedException"/> with its words and the exit code that fits.</summary>
internal sealed class ApiClient : IDisposable
{
    private const string KeyHeader = "X-Api-Key";

    /// <summary>As much as is shown of an answer that is not the API's.</summary>
    private const int MaxForeign = 200;

    /// <summary>Problems of which the command line is the cause: what it names is not there, or is not one thing.</summary>
    private static readonly string[] WhatWasNamed =
        ["container-not-found", "container-ambiguous", "container-malformed", "host-unknown", "address-malformed", "incident-not-found", "channel-not-found", "window-not-found"];

    private readonly HttpClient _http;
    private readonly TimeSpan _limit;

    /// <param name="url">Where the API is; may have a path, of a proxy before it.</param>
    /// <param name="key">The key to send; null for none.</param>
    /// <param name="limit">Longest wait for an answer.</param>
    public ApiClient(Uri url, string? key, TimeSpan limit)
    {
        _limit = limit;
        // A proxy for the world is none for this machine; and a redirect would take the key to somewhere else.
        _http = new(new SocketsHttpHandler { UseProxy = !url.IsLoopback, AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = url,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.Accept.Add(new("application/json"));
        _http.DefaultRequestHeaders.UserAgent.Add(new("hms", "1.0"));
        if (key is not null)
        {
            _http.DefaultRequestHeaders.Add(KeyHeader, key);
        }
    }

    public Uri Url => _http.BaseAddress!;

    public Task<Answer<Host[]>> HostsWithContainersAsync(CancellationToken cancellationToken) => GetAsync("containers", ApiJson.Default.HostArray, cancellationToken);

    public Task<Answer<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) => SendAsync(HttpMethod.Get, path, null, type, cancellationToken);

    /// <summary>Asks for something, or for a change.</summary>
    /// <param name="method">HTTP method.</param>
    /// <param name="path">Path and query, as <see cref="Path"/> makes it.</param>
    /// <param name="fields">The fields of the body; null for none.</param>
    /// <param name="type">How the answer is read.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<Answer<T>> SendAsync<T>(HttpMethod method, string path, JsonObject? fields, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (fields is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(fields.ToJsonString()))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            };
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_limit);
        return await Guarded(async () =>
        {
            using var response = await _http.SendAsync(request, limit.Token);
            var body = await response.Content.ReadAsByteArrayAsync(limit.Token);
            ThrowIfRefused(response, body);
            return Read(response, body, type);
        }, cancellationToken);
    }

    /// <summary>Opens the stream of server-sent events.</summary>
    /// <param name="lastEventId">Where to go on; null to begin anew.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public Task<HttpResponseMessage> OpenEventsAsync(string? lastEventId, CancellationToken cancellationToken) => Guarded(async () =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "events");
        request.Headers.Accept.Clear();
        request.Headers.Accept.Add(new("text/event-stream"));
        if (!string.IsNullOrEmpty(lastEventId))
        {
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_limit);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        if (!response.IsSuccessStatusCode)
        {
            using (response)
            {
                ThrowIfRefused(response, await response.Content.ReadAsByteArrayAsync(limit.Token));
            }
        }
        return response;
    }, cancellationToken);

    /// <summary>A path of segments, each of which may hold anything.</summary>
    public static string Path(params ReadOnlySpan<string> segments) => string.Join('/', segments.ToArray().Select(Uri.EscapeDataString));

    /// <summary>A query of those parameters that have a value.</summary>
    public static string Query(params IEnumerable<(string Name, string? Value)> parameters)
    {
        var given = parameters.Where(parameter => parameter.Value is not null).Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}").ToList();
        return given.Count == 0 ? "" : "?" + string.Join('&', given);
    }

    public void Dispose() => _http.Dispose();

    private static void ThrowIfRefused(HttpResponseMessage response, byte[] body)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }
        var problem = response.Content.Headers.ContentType?.MediaType == "application/problem+json" ? ReadProblem(body) : null;
        var exitCode = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotAllowed,
            _ when problem?.Name is { } name && WhatWasNamed.Contains(name) => ExitCode.Usage,
            _ => ExitCode.Failed,
        };
        throw new CommandFailedException(exitCode, problem is { Title: { } title }
            ? $"{title}: {problem.Detail}"
            : $"{response.RequestMessage?.RequestUri} answers {(int)response.StatusCode} {response.ReasonPhrase}: is that the API of HmsOrleans?");
    }

    private static Problem? ReadProblem(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJson.Default.Problem);
        }
        catch (JsonException)
        {
            return null; // The status says enough.
        }
    }

    private static Answer<T> Read<T>(HttpResponseMessage response, byte[] body, JsonTypeInfo<T> type)
    {
        try
        {
            var json = body.Length == 0 ? default : JsonElement.Parse(body);
            var value = json.ValueKind == JsonValueKind.Undefined ? default : json.Deserialize(type);
            var unsaved = response.Headers.TryGetValues("Hms-Unsaved", out var reasons) ? string.Join(' ', reasons) : null;
            return new(value ?? throw new JsonException("nothing"), json, unsaved);
        }
        catch (JsonException e)
        {
            var text = Encoding.UTF8.GetString(body);
            throw new CommandFailedException(ExitCode.Failed,
                $"{response.RequestMessage?.RequestUri} answers something that is not of the API of HmsOrleans: {text[..Math.Min(text.Length, MaxForeign)]}", e);
        }
    }

    private async Task<T> Guarded<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFailedException(ExitCode.NotReachable, $"{Url} does not answer within {_limit.TotalSeconds:0.###} s (--timeout)", e);
        }
        catch (HttpRequestException e)
        {
            var why = e.GetBaseException() switch
            {
                SocketException socket => socket.Message,
                AuthenticationException tls => tls.Message,
                var other => other.Message,
            };
            throw new CommandFailedException(ExitCode.NotReachable, $"{Url} cannot be reached: {why}. --url or HMS_URL says where the API is.", e);
        }
    }
}
