using System.Net.ServerSentEvents;
using System.Text.Json;
using Xunit;

namespace HmsOrleans.Tests.Events;

/// <summary>Follows <c>/events</c> as a browser does.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _items;

    private EventReader(HttpResponseMessage response, Stream stream)
    {
        _response = response;
        _items = SseParser.Create(stream).EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
    }

    public HttpResponseMessage Response => _response;

    /// <summary>Id of the last event.</summary>
    public string? LastId { get; private set; }

    /// <summary>Opens the stream; throws when it is refused.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient http, string? lastId = null, string path = "/events", string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (lastId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastId);
        }
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        response.EnsureSuccessStatusCode();
        return new(response, await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The next event.</summary>
    public async Task<(string Kind, JsonElement Data)> NextAsync()
    {
        if (!await _items.MoveNextAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken))
        {
            throw new EndOfStreamException("the stream has ended");
        }
        LastId = _items.Current.EventId ?? LastId;
        return (_items.Current.EventType, JsonElement.Parse(_items.Current.Data));
    }

    /// <summary>The next event, which has to be of that kind.</summary>
    public async Task<JsonElement> NextAsync(string kind)
    {
        var (next, data) = await NextAsync();
        Assert.Equal(kind, next);
        return data;
    }

    /// <summary>The next event that is as wanted; those before are passed over.</summary>
    public async Task<JsonElement> UntilAsync(string kind, Func<JsonElement, bool> wanted)
    {
        while (true)
        {
            var (next, data) = await NextAsync();
            if (next == kind && wanted(data))
            {
                return data;
            }
        }
    }

    /// <summary>Whether the stream ends, whatever comes before.</summary>
    public async Task<bool> EndsAsync()
    {
        try
        {
            while (await _items.MoveNextAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken))
            {
            }
            return true;
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _response.Dispose();
        try
        {
            await _items.DisposeAsync();
        }
        catch (NotSupportedException)
        {
            // A read that was given up is still under way; the connection is closed all the same.
        }
    }
}
