using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace HmsOrleans.Tests.Cli;

/// <summary>The built program, run as a user runs it, with nothing of the tests' own environment that it would look at.</summary>
internal static class Hms
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "hms");

    /// <summary>Runs it to its end.</summary>
    /// <param name="url">HMS_URL; null for none.</param>
    /// <param name="args">Its arguments.</param>
    public static Task<HmsRun> RunAsync(Uri? url, params string[] args) => RunAsync(Program, url, [], args);

    /// <summary>Runs a program, this one or a shell that calls it, to its end.</summary>
    public static async Task<HmsRun> RunAsync(string program, Uri? url, (string Name, string Value)[] environment, params string[] args)
    {
        using var process = Start(program, url, environment, args);
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    public static Process Start(string program, Uri? url, (string Name, string Value)[] environment, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in (string[])["HMS_URL", "HMS_KEY", "NO_COLOR", "http_proxy", "HTTP_PROXY"])
        {
            start.Environment.Remove(name);
        }
        if (url is not null)
        {
            start.Environment["HMS_URL"] = url.ToString();
        }
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }
}

/// <summary>What came of a run.</summary>
internal sealed record HmsRun(int ExitCode, string Out, string Error)
{
    public JsonElement Json => JsonElement.Parse(Out);

    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>It went well and had nothing to complain about.</summary>
    public HmsRun MustSucceed()
    {
        Assert.Equal((0, ""), (ExitCode, Error));
        return this;
    }

    /// <summary>It ended with that code, printed nothing, and said in its complaint what is wrong, without a stack trace.</summary>
    public HmsRun MustFail(int exitCode, string complaint)
    {
        Assert.Equal((exitCode, ""), (ExitCode, Out));
        Assert.Contains(complaint, Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        return this;
    }
}
