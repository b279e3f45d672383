using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace HmsOrleans.Tests.Engine;

/// <summary>Waits until something holds, but not for ever: then it throws with what was seen last.</summary>
/// <param name="log">What the programs have written, for the message.</param>
/// <param name="limit">Longest wait; a minute where none is given.</param>
internal sealed class Patient(Func<Task<string>> log, TimeSpan? limit = null)
{
    /// <summary>Longest wait.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TimeSpan _limit = limit ?? Limit;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Waits until a program answers as wanted; it may not listen yet.</summary>
    public async Task<JsonElement> UntilAsync(HttpClient program, string path, Func<JsonElement, bool> wanted)
    {
        var last = default(JsonElement);
        await UntilAsync($"{program.BaseAddress}{path}", async () =>
        {
            try
            {
                using var reply = await program.GetAsync(new Uri(path, UriKind.Relative), Token);
                last = await reply.Content.ReadFromJsonAsync<JsonElement>(Token);
                return reply.IsSuccessStatusCode && wanted(last);
            }
            catch (HttpRequestException)
            {
                return false; // nobody listens yet
            }
        }, () => $"{last}");
        return last;
    }

    /// <summary>Waits until something holds.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, Func<string>? last = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await HoldsAsync())
        {
            if (TimeProvider.System.GetElapsedTime(start) > _limit)
            {
                throw new TimeoutException($"not so within {_limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: {what}{Environment.NewLine}{last?.Invoke()}{Environment.NewLine}{await log()}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Token);
        }

        async Task<bool> HoldsAsync()
        {
            try
            {
                return await holds();
            }
            catch (OperationCanceledException) when (!Token.IsCancellationRequested)
            {
                return false; // one question took longer than its client waits
            }
        }
    }
}
