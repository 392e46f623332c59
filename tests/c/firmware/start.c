/* What runs before main on a Cortex-M4: the vector table, static memory, a stack that shows how deep it was used. */
#include <stdint.h>

extern uint32_t stack_top[], stack_bottom[], data_start[], data_end[], data_load[], bss_start[], bss_end[];

enum { PAINT = 0x5AFE57AC };

int main(void);
void reset(void);
void trap(void);
uint32_t stack_used(void);
uint32_t static_size(void);

void reset(void)
{
    uint32_t *to = data_start;
    for (uint32_t *from = data_load; to < data_end;) {
        *to++ = *from++;
    }
    for (to = bss_start; to < bss_end;) {
        *to++ = 0;
    }
    uintptr_t here;
    __asm__("mov %0, sp" : "=r"(here));
    for (to = stack_bottom; (uintptr_t)to < here;) {
        *(volatile uint32_t *)to++ = PAINT;
    }
    main();
    trap();
}

void trap(void)
{
    for (;;) {
    }
}

uint32_t stack_used(void)
{
    const uint32_t *at = stack_bottom;
    while (at < stack_top && *at == PAINT) {
        at++;
    }
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)at);
}

uint32_t static_size(void)
{
    return (uint32_t)((uintptr_t)bss_end - (uintptr_t)data_start);
}

typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler handlers[15];
} vectors = {stack_top, {reset, trap, trap, trap, trap, trap, 0, 0, 0, 0, trap, trap, 0, trap, trap}};
