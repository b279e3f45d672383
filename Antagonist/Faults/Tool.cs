using System.ComponentModel;
using System.Diagnostics;

namespace HmsOrleans.Antagonist.Faults;

/// <summary>Runs a program to its end, within five seconds unless told otherwise. Arguments are a list: no shell ever sees them as text.</summary>
internal static class Tool
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>At once: more would only wait for each other, and a halt of many faults is to be quick on two cores.</summary>
    private static readonly SemaphoreSlim Slots = new(Math.Max(4, 2 * Environment.ProcessorCount));

    /// <summary>What came of a program.</summary>
    /// <param name="ExitCode">137: it was killed.</param>
    /// <param name="Output">What it printed.</param>
    /// <param name="Complaint">What it complained of.</param>
    internal sealed record Result(int ExitCode, string Output, string Complaint)
    {
        /// <summary>The result if the program succeeded.</summary>
        /// <exception cref="FaultFailedException">It did not.</exception>
        public Result OrThrow(string what) =>
            ExitCode == 0 ? this : throw new FaultFailedException($"{what}: {(Complaint.Length > 0 ? Complaint : $"exit code {ExitCode}")}");
    }

    /// <exception cref="FaultFailedException">It is not installed, or did not end in time.</exception>
    public static async Task<Result> RunAsync(string program, string[] args, CancellationToken cancellationToken, string input = "", TimeSpan? timeLimit = null)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C"; // what they complain of is read
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Slots.WaitAsync(cancellationToken);
        try
        {
            limit.CancelAfter(timeLimit ?? Limit);
            using var process = Start(start);
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(limit.Token);
                var complaint = process.StandardError.ReadToEndAsync(limit.Token);
                await WriteAsync(process, input, limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return new(process.ExitCode, (await output).Trim(), (await complaint).Trim());
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancellationToken.ThrowIfCancellationRequested();
                throw new FaultFailedException($"{program} did not end within {(timeLimit ?? Limit).TotalSeconds} s");
            }
        }
        finally
        {
            Slots.Release();
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new FaultFailedException($"{start.FileName} does not start: {e.Message}", e);
        }
    }

    private static async Task WriteAsync(Process process, string input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading; its exit code tells why.
        }
    }
}
