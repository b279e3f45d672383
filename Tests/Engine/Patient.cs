using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace HmsOrleans.Tests.Engine;

/// <summary>Waits until something holds, for a minute at most; then throws with what was seen last.</summary>
/// <param name="log">What the programs have written, for the message.</param>
internal sealed class Patient(Func<Task<string>> log)
{
    /// <summary>Longest wait.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

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
            if (TimeProvider.System.GetElapsedTime(start) > Limit)
            {
                throw new TimeoutException($"not so within {Limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s: {what}{Environment.NewLine}{last?.Invoke()}{Environment.NewLine}{await log()}");
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
