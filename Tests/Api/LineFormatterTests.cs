extern alias api;

using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using LineFormatter = api::HmsOrleans.Api.Logging.LineFormatter;

namespace HmsOrleans.Tests.Api;

public sealed class LineFormatterTests
{
    private const string FrameworkHost = "Microsoft.Extensions.Hosting.Internal.Host";

    [Theory]
    [InlineData(LogLevel.Warning, "HmsOrleans.Grains.Hosts.HostManagerGrain", "web died", "12:30:00.500 warn  web died\n")]
    [InlineData(LogLevel.Information, "HmsOrleans.Silo.Any", "web runs again", "12:30:00.500       web runs again\n")]
    [InlineData(LogLevel.Error, "Orleans.Runtime.Silo", "two\nlines", "12:30:00.500 error [Orleans.Runtime.Silo] two lines\n")]
    public void A_change_is_a_line(LogLevel level, string category, string message, string line)
        => Assert.Equal(line, Format(level, category, 0, message));

    [Fact]
    public void An_exception_is_told_whole()
        => Assert.Contains("InvalidOperationException: broken", Format(LogLevel.Error, "HmsOrleans.Any", 0, "it failed", new InvalidOperationException("broken")), StringComparison.Ordinal);

    [Fact]
    public void That_the_start_failed_is_left_to_the_message_that_ends_the_process()
    {
        Assert.Equal("", Format(LogLevel.Error, FrameworkHost, 11, "Hosting failed to start", new InvalidOperationException()));
        Assert.NotEqual("", Format(LogLevel.Error, FrameworkHost, 9, "BackgroundService failed", new InvalidOperationException()));
    }

    private static string Format(LogLevel level, string category, int id, string message, Exception? exception = null)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var formatter = new LineFormatter(new FakeTimeProvider(new(2026, 1, 1, 12, 30, 0, 500, TimeSpan.Zero)));
        formatter.Write(new LogEntry<string>(level, category, id, message, exception, (state, _) => state), null, text);
        return text.ToString();
    }
}
