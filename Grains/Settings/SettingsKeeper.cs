using Microsoft.Extensions.Logging;

namespace HmsOrleans.Grains.Settings;

/// <summary>
/// Settings that hold at once and are saved behind the back of those who wait for nothing: a store that fails is tried
/// again until it works, and never keeps a grain from its work. Used from one grain's turns only.
/// </summary>
internal sealed partial class SettingsKeeper<T>(T initial, Func<T, CancellationToken, Task> save, TimeProvider time, ILogger logger, CancellationToken stopping)
    where T : class
{
    private static readonly TimeSpan SaveLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private T _saved = initial;
    private Task _attempt = Task.CompletedTask;
    private bool _saving;
    private TaskCompletionSource _changed = new();

    public T Current { get; private set; } = initial;

    /// <summary>What is known to be saved.</summary>
    public T Saved => _saved;

    /// <summary>Why the last attempt to save failed; null when all is saved or being saved.</summary>
    public string? UnsavedBecause { get; private set; }

    public void Change(T next)
    {
        Current = next;
        _changed.TrySetResult();
        if (!_saving)
        {
            _ = SaveUntilDone();
        }
    }

    /// <summary>Waits for all changes made so far; null when they are saved, else why not.</summary>
    public async Task<string?> WhenSaved(CancellationToken cancellationToken)
    {
        while (_saving && !ReferenceEquals(_saved, Current) && UnsavedBecause is null)
        {
            await _attempt.WaitAsync(cancellationToken);
        }
        return ReferenceEquals(_saved, Current) ? null : UnsavedBecause ?? "they were made while the node ended";
    }

    private async Task SaveUntilDone()
    {
        _saving = true;
        var pause = TimeSpan.FromSeconds(1);
        while (!ReferenceEquals(_saved, Current) && !stopping.IsCancellationRequested)
        {
            _attempt = SaveOnce(Current);
            await _attempt;
            if (UnsavedBecause is not null)
            {
                // A change is worth a try at once: its maker waits for the answer.
                _changed = new();
                await Task.WhenAny(_changed.Task, Task.Delay(pause, time, stopping));
                pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
            }
        }
        _saving = false;
    }

    private async Task SaveOnce(T next)
    {
        using var limit = new CancellationTokenSource(SaveLimit, time);
        try
        {
            await save(next, limit.Token);
            _saved = next;
            if (UnsavedBecause is not null)
            {
                LogSavedAgain(logger);
            }
            UnsavedBecause = null;
        }
        catch (Exception e) // Whatever the store throws: it means "not saved yet".
        {
            // Orleans puts the store's own words into a paragraph of its own.
            var reason = e is OrleansException { InnerException: { } inner } ? inner.Message : e.Message;
            if (UnsavedBecause is null)
            {
                LogNotSaved(logger, reason);
            }
            UnsavedBecause = reason;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "settings could not be saved and are tried again: {Reason}")]
    private static partial void LogNotSaved(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "settings are saved again")]
    private static partial void LogSavedAgain(ILogger logger);
}
